#pragma once
// Families about requests and upstreams, from the counters of the configuration in force. Collected on the worker that
// answers a scrape: everything read here is an atomic, immutable, or under a lock that no request takes.

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

#include "metrics/worker_metrics.hpp"
#include "routing/snapshot.hpp"

namespace drishti::server {

using Families = std::vector<prometheus::MetricFamily>;

/// Requests, by server and location.
void add_http_families(Families& families, const routing::SnapshotMetrics& counted);
/// Messages that were refused, by http::Reject.
void add_reject_family(Families& families, std::span<const metrics::WorkerMetrics* const> workers);
void add_http2_family(Families& families, std::span<const metrics::WorkerMetrics* const> workers);
/// Upstreams as wholes. NOW: of the steady clock that requests are measured with.
void add_upstream_families(Families& families, const routing::SnapshotMetrics& counted,
                           std::chrono::steady_clock::time_point now);
/// Peers of the configured upstreams.
void add_peer_families(Families& families, const routing::Snapshot& snapshot,
                       std::chrono::steady_clock::time_point now);
/// Of those upstreams that have a `queue`.
void add_queue_families(Families& families, const routing::Snapshot& snapshot);

class TrafficCollector : public prometheus::Collectable {
 public:
  /// Control thread.
  void use(std::shared_ptr<const routing::Snapshot> snapshot);
  void add_worker(const metrics::WorkerMetrics& worker);
  /// The workers end, and the groups of the snapshot with them.
  void forget();

  Families Collect() const override;

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const routing::Snapshot> snapshot_;
  std::vector<const metrics::WorkerMetrics*> workers_;
};

}  // namespace drishti::server
