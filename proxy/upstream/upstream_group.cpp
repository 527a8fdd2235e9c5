#include "upstream/upstream_group.hpp"

#include <algorithm>

namespace drishti::upstream {

int PeerSet::tries() const {
  auto up = [](const std::shared_ptr<const Peer>& peer) { return !peer->down; };
  return static_cast<int>(std::ranges::count_if(primaries, up) + std::ranges::count_if(backups, up));
}

UpstreamGroup::UpstreamGroup(std::shared_ptr<const conf::Upstream> config)
    : config_(std::move(config)), peers_(std::make_shared<const PeerSet>()) {}

std::shared_ptr<const PeerSet> UpstreamGroup::peers() const {
  std::lock_guard lock(mutex_);
  return peers_;
}

void UpstreamGroup::publish(std::shared_ptr<const PeerSet> peers) {
  {
    std::lock_guard lock(mutex_);
    peers_ = std::move(peers);
    version_.fetch_add(1, std::memory_order_release);
  }
  if (on_publish_) on_publish_();
}

}  // namespace drishti::upstream
