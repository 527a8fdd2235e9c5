#include "request/generation.hpp"

namespace drishti::request {

Generation::Generation(std::shared_ptr<const routing::Snapshot> snapshot, unsigned worker_index, net::Reactor& reactor,
                       PoolMap& pools, LogMap& logs)
    : snapshot_(std::move(snapshot)), logs_(logs) {
  std::uint64_t seed = (snapshot_->number << 8) + worker_index + 1;
  for (const auto& group : snapshot_->groups) {
    auto& pool = pools[group->config().name];
    if (!pool) pool = std::make_unique<upstream::GroupPool>(reactor);
    views_.emplace(&group->config(),
                   UpstreamView{group, upstream::Balancer::create(group, worker_index, seed), pool.get()});
  }
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
