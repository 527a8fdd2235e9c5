#pragma once
// Families about the configuration in force and the program itself.

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "conf/config.hpp"

namespace drishti::server {

/// The first 16 hexadecimal digits of the SHA-256 of all files that CONFIG was read from, names and contents.
std::string config_hash(const conf::Config& config);

class ConfigCollector : public prometheus::Collectable {
 public:
  /// Control thread: CONFIG took effect as number GENERATION; all but the first one by a reload.
  void applied(const conf::Config& config, std::uint64_t generation);
  /// Control thread: a reload failed, the old configuration stays.
  void refused();
  void set_lost_log_lines(std::uint64_t lines) { lost_log_lines_.store(lines, std::memory_order_relaxed); }

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  mutable std::mutex mutex_;
  std::string hash_;
  std::uint64_t generation_ = 0;
  std::uint64_t successes_ = 0;
  std::uint64_t failures_ = 0;
  bool last_succeeded_ = true;
  double applied_at_ = 0;  ///< seconds since 1970
  std::atomic<std::uint64_t> lost_log_lines_{0};
};

}  // namespace drishti::server
