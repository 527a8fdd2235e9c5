#pragma once
// Chooses a peer. One Balancer a worker and group; the algorithm's own state (current weights, random) is the worker's,
// the counts that decide (in flight, health) are process-wide in PeerState.

#include <bitset>
#include <cstdint>
#include <memory>
#include <string_view>

#include "upstream/peer.hpp"
#include "upstream/upstream_group.hpp"

namespace drishti::upstream {

inline constexpr std::size_t max_tried_peers = 512;

/// What one request asks of the balancer, kept over its attempts.
struct PickRequest {
  std::string_view hash_key;              ///< hash: the evaluated key
  const SocketAddress* client = nullptr;  ///< ip_hash
  std::int64_t now_seconds = 0;           ///< steady clock, whole seconds
  std::bitset<max_tried_peers> tried;     ///< by index in the PeerSet, primaries then backups; set by pick()
  std::uint64_t peers_version = 0;        ///< version that `tried` speaks of
};

class Balancer {
 public:
  virtual ~Balancer() = default;
  /// A lease on the chosen peer (in_flight already counted), or empty: no live upstreams.
  PeerLease pick(PickRequest& request);
  const UpstreamGroup& group() const { return *group_; }
  /// The membership used by the last pick.
  const PeerSet& peers() const { return *peers_; }

  /// `worker_index` shifts where round robin begins, so that workers don't all start with the same peer; worker 0 is
  /// exactly nginx's order. `seed` feeds random.
  static std::unique_ptr<Balancer> create(std::shared_ptr<UpstreamGroup> group, unsigned worker_index,
                                          std::uint64_t seed);

 protected:
  explicit Balancer(std::shared_ptr<UpstreamGroup> group) : group_(std::move(group)) {}

 private:
  std::shared_ptr<UpstreamGroup> group_;
  std::shared_ptr<const PeerSet> peers_;
};

}  // namespace drishti::upstream
