#pragma once
// Families about the configuration in force and the program itself.

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "admin/process.hpp"
#include "conf/config.hpp"

namespace drishti::server {

/// The first 16 hexadecimal digits of the SHA-256 of all files that CONFIG was read from, names and contents.
std::string config_hash(const conf::Config& config);

class ConfigCollector : public prometheus::Collectable {
 public:
  /// Control thread: CONFIG took effect as number GENERATION; all but the first one by a reload.
  void applied(const conf::Config& config, std::uint64_t generation);
  /// Control thread: a reload failed for REASON, the old configuration stays.
  void refused(const std::string& reason);
  admin::ConfigState state() const;
  void set_lost_log_lines(std::uint64_t lines) { lost_log_lines_.store(lines, std::memory_order_relaxed); }

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  mutable std::mutex mutex_;
  admin::ConfigState state_;
  std::atomic<std::uint64_t> lost_log_lines_{0};
};

}  // namespace drishti::server
