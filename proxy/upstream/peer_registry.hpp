#pragma once
// Keeps PeerState by group and address, so that counts and health survive reloads and DNS changes. Control thread.

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "upstream/peer.hpp"
#include "upstream/upstream_group.hpp"

namespace drishti::upstream {

class PeerRegistry {
 public:
  /// The state of ADDRESS in the group named GROUP; made on first use.
  std::shared_ptr<PeerState> state(const std::string& group, const SocketAddress& address);
  /// Drops states that nobody uses any more (no request, no group).
  void collect();
  std::size_t size() const { return states_.size(); }

 private:
  std::map<std::pair<std::string, std::string>, std::weak_ptr<PeerState>> states_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<PeerState>> kept_;
};

}  // namespace drishti::upstream
