#pragma once
// Keeps PeerState by group and address, so that counts and health survive reloads and DNS changes. Control thread.

#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "upstream/peer.hpp"
#include "upstream/upstream_group.hpp"

namespace drishti::upstream {

class PeerRegistry {
 public:
  /// WORKERS: how many will count what they do at the peers.
  explicit PeerRegistry(unsigned workers = 0) : workers_(workers) {}
  /// The state of ADDRESS in the group named GROUP; made on first use. A group that lists an address several times has
  /// a state for each OCCURRENCE (0, 1 ...), as nginx has.
  std::shared_ptr<PeerState> state(const std::string& group, const SocketAddress& address, int occurrence = 0);
  /// The queue of the group named GROUP; made on first use.
  std::shared_ptr<RequestQueue> queue(const std::string& group);
  /// The repeats of the group named GROUP; made on first use.
  std::shared_ptr<RetryCount> repeats(const std::string& group);
  /// Drops states that nobody uses any more (no request, no group).
  void collect();
  std::size_t size() const { return states_.size(); }

 private:
  using Key = std::tuple<std::string, std::string, int>;  // group, address, occurrence
  unsigned workers_;
  std::map<Key, std::shared_ptr<PeerState>> states_;
  std::map<std::string, std::shared_ptr<RequestQueue>> queues_;
  std::map<std::string, std::shared_ptr<RetryCount>> repeats_;
};

}  // namespace drishti::upstream
