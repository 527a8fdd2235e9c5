#include "server/traffic_collector.hpp"

namespace drishti::server {

void TrafficCollector::use(std::shared_ptr<const routing::Snapshot> snapshot) {
  const std::lock_guard lock(mutex_);
  snapshot_ = std::move(snapshot);
}

void TrafficCollector::add_worker(const metrics::WorkerMetrics& worker) {
  const std::lock_guard lock(mutex_);
  workers_.push_back(&worker);
}

void TrafficCollector::forget() {
  const std::lock_guard lock(mutex_);
  snapshot_.reset();
  workers_.clear();
}

Families TrafficCollector::Collect() const {
  const std::lock_guard lock(mutex_);
  Families families;
  if (!snapshot_) return families;
  const auto now = std::chrono::steady_clock::now();
  add_http_families(families, snapshot_->metrics);
  add_reject_family(families, workers_);
  add_http2_family(families, workers_);
  add_upstream_families(families, snapshot_->metrics, now);
  add_peer_families(families, *snapshot_, now);
  add_queue_families(families, *snapshot_);
  return families;
}

}  // namespace drishti::server
