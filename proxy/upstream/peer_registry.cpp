#include "upstream/peer_registry.hpp"

namespace drishti::upstream {

std::shared_ptr<PeerState> PeerRegistry::state(const std::string& group, const SocketAddress& address, int occurrence) {
  auto& state = states_[Key(group, address.text(), occurrence)];
  if (!state) state = std::make_shared<PeerState>(workers_);
  return state;
}

std::shared_ptr<RequestQueue> PeerRegistry::queue(const std::string& group) {
  auto& queue = queues_[group];
  if (!queue) queue = std::make_shared<RequestQueue>();
  return queue;
}

std::shared_ptr<RetryCount> PeerRegistry::repeats(const std::string& group) {
  auto& repeats = repeats_[group];
  if (!repeats) repeats = std::make_shared<RetryCount>();
  return repeats;
}

void PeerRegistry::collect() {
  // Only this thread hands out references, so a count of one cannot grow behind our back.
  std::erase_if(states_, [](const auto& entry) { return entry.second.use_count() == 1; });
  std::erase_if(queues_, [](const auto& entry) { return entry.second.use_count() == 1; });
  std::erase_if(repeats_, [](const auto& entry) { return entry.second.use_count() == 1; });
}

}  // namespace drishti::upstream
