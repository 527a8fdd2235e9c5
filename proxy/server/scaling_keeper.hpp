#pragma once
// Feeds the advisor of metrics/scaling with what the workers counted, once a second, and shows what it says.

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "metrics/scaling/advisor.hpp"
#include "metrics/worker_metrics.hpp"
#include "net/error_log.hpp"
#include "routing/snapshot.hpp"
#include "server/traffic_history_file.hpp"

namespace drishti::server {

/// Control thread, but for Collect() and json().
class ScalingKeeper : public prometheus::Collectable {
 public:
  explicit ScalingKeeper(net::ErrorLog& log) : history_file_(log) {}

  /// The configuration in force from now on. What was learned of upstreams that stay is kept.
  void use(std::shared_ptr<const routing::Snapshot> snapshot);
  /// WORKER outlives this or is forgotten in time.
  void add_worker(const metrics::WorkerMetrics& worker) { workers_.push_back(&worker); }
  /// Writes the history, and lets workers and configuration go.
  void forget();
  /// About once a second.
  void sample();

  /// Any thread: what was said last.
  std::vector<prometheus::MetricFamily> Collect() const override;
  std::string json() const;

 private:
  scaling::Report last_report() const;

  TrafficHistoryFile history_file_;
  std::shared_ptr<const routing::Snapshot> snapshot_;
  std::vector<const metrics::WorkerMetrics*> workers_;
  std::optional<scaling::Advisor> advisor_;
  mutable std::mutex mutex_;  ///< for the report
  scaling::Report report_;
};

/// The counters of an upstream and the state of its servers. Backups are no servers here: they are there for failures.
scaling::UpstreamSample sample_upstream(const upstream::UpstreamGroup& group, const metrics::UpstreamBlock& counted,
                                        std::chrono::steady_clock::time_point now);

}  // namespace drishti::server
