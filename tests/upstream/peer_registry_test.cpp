#include "upstream/peer_registry.hpp"

#include <gtest/gtest.h>

#include "balancer_support.hpp"

namespace drishti::upstream {
namespace {

const SocketAddress address = *SocketAddress::from_ip("10.0.0.1", 80);

TEST(PeerRegistry, AReloadKeepsCountsOfTheSameGroupAndAddress) {
  PeerRegistry registry;
  const auto config = upstream_of({{"10.0.0.1"}, {"10.0.0.2"}});
  const auto before = build_peer_set(*config, {}, registry);
  before->primaries[0]->state->in_flight = 5;
  before->primaries[0]->state->health.failed({1, 10}, 1000);
  auto changed = *config;
  changed.servers[0].weight = 7;
  const auto after = build_peer_set(changed, {}, registry);
  EXPECT_EQ(after->primaries[0]->weight, 7);
  EXPECT_EQ(after->primaries[0]->state->in_flight, 5);
  EXPECT_EQ(after->primaries[0]->state->health.fails(), 1);
}

TEST(PeerRegistry, GroupsAndPortsDoNotShareStates) {
  PeerRegistry registry;
  const auto state = registry.state("a", address);
  EXPECT_EQ(state, registry.state("a", address));
  EXPECT_NE(state, registry.state("b", address));
  EXPECT_NE(state, registry.state("a", *SocketAddress::from_ip("10.0.0.1", 81)));
  EXPECT_NE(state, registry.state("a", address, 1));
}

TEST(PeerRegistry, CollectsOnlyWhatNobodyUses) {
  PeerRegistry registry;
  const auto used = registry.state("a", address);
  registry.state("b", address);
  EXPECT_EQ(registry.size(), 2U);
  registry.collect();
  EXPECT_EQ(registry.size(), 1U);
  EXPECT_EQ(used, registry.state("a", address));
}

}  // namespace
}  // namespace drishti::upstream
