#pragma once
// The `server` lines of an upstream and the addresses found for them -> PeerSet. Control thread.

#include <memory>
#include <span>
#include <vector>

#include "upstream/peer_registry.hpp"
#include "upstream/runtime_changes.hpp"
#include "upstream/upstream_group.hpp"

namespace drishti::upstream {

/// ADDRESSES[i] are those of the line i in force (config.servers, as far as CHANGES say nothing else), ports included; a
/// literal server needs none. Order is that of the file, and within a line the given one, so that weighted round robin has
/// one order in every worker and after every look-up.
std::shared_ptr<const PeerSet> build_peer_set(const conf::Upstream& config,
                                              std::span<const std::vector<SocketAddress>> addresses,
                                              PeerRegistry& registry, const RuntimeChanges& changes = {});

/// What the state machine of a peer has to know of its configuration.
health::Settings health_settings(const conf::Upstream& config, const Peer& peer);

/// Whether both sets have the same peers with the same settings in the same order.
bool same_membership(const PeerSet& a, const PeerSet& b);

}  // namespace drishti::upstream
