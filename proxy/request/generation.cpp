#include "request/generation.hpp"

namespace drishti::request {

Generation::Generation(std::shared_ptr<const routing::Snapshot> snapshot, unsigned worker_index, net::Reactor& reactor,
                       PoolMap& pools, LogMap& logs)
    : snapshot_(std::move(snapshot)), logs_(logs), worker_index_(worker_index) {
  const routing::SnapshotMetrics& counted = snapshot_->metrics;
  for (const auto& server : counted.servers) counters_.servers.push_back(&server->workers.of(worker_index));
  for (const auto& location : counted.locations) counters_.locations.push_back(&location->workers.of(worker_index));
  std::uint64_t seed = (snapshot_->number << 8) + worker_index + 1;
  for (std::size_t i = 0; i < snapshot_->groups.size(); ++i) {
    const auto& group = snapshot_->groups[i];
    auto& pool = pools[group->config().name];
    if (!pool) pool = std::make_unique<upstream::GroupPool>(reactor);
    views_.emplace(&group->config(),
                   UpstreamView{group, upstream::Balancer::create(group, worker_index, seed), pool.get(),
                                counted.upstreams.empty() ? nullptr : &counted.upstreams[i]->workers.of(worker_index)});
  }
}

metrics::UpstreamMetrics& Generation::metrics_of(const UpstreamView& view) {
  return view.metrics ? *view.metrics : snapshot_->metrics.dynamic_upstreams->workers.of(worker_index_);
}

net::LogBuffer* Generation::log_buffer(const conf::AccessLog& log) {
  auto [entry, is_new] = log_buffers_.try_emplace(&log, nullptr);
  if (!is_new) return entry->second;
  auto buffer = logs_.find(log.path);
  if (buffer != logs_.end()) entry->second = buffer->second.get();
  return entry->second;
}

UpstreamView* Generation::view(const conf::Upstream* upstream) {
  auto entry = views_.find(upstream);
  return entry == views_.end() ? nullptr : &entry->second;
}

GenerationRef::~GenerationRef() {
  if (!generation_ || --generation_->references_ > 0) return;
  if (generation_->retired_) generation_->retired_(*generation_->snapshot_);
  delete generation_;
}

}  // namespace drishti::request
