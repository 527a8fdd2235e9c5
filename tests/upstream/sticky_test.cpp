// sticky: clients come back to their server, with every method.
#include <gtest/gtest.h>

#include <set>

#include "balancer_support.hpp"
#include "upstream/sticky_name.hpp"

namespace drishti::upstream {
namespace {

using conf::BalanceMethod;
using conf::StickySettings;

std::shared_ptr<conf::Upstream> sticky_group(const std::vector<ServerLine>& lines,
                                             BalanceMethod method = BalanceMethod::round_robin) {
  auto upstream = upstream_of(lines, method);
  upstream->sticky.kind = StickySettings::Kind::cookie;
  return upstream;
}

/// The order in which a client bound to NAME tries the peers.
std::string tries_of(Fixture& f, std::string_view name) {
  PickRequest request;
  request.sticky = name;
  return f.tries(request);
}

TEST(Sticky, AClientComesBackToItsServerWithEveryMethod) {
  for (const auto method : {BalanceMethod::round_robin, BalanceMethod::least_conn, BalanceMethod::ip_hash,
                            BalanceMethod::hash, BalanceMethod::random}) {
    Fixture f(sticky_group({{"10.0.0.1"}, {"10.0.0.2"}, {"10.0.0.3"}}, method));
    const std::string name = f.peer(1).sticky_name;
    for (int i = 0; i < 10; ++i) EXPECT_EQ(tries_of(f, name).substr(0, 1), "b") << static_cast<int>(method);
    EXPECT_EQ(tries_of(f, name).size(), 3u) << "the others are tried when it fails";
  }
}

TEST(Sticky, WhatNamesNoServerChangesNothing) {
  Fixture f(sticky_group({{"10.0.0.1"}, {"10.0.0.2"}}));
  std::string order;
  for (int i = 0; i < 4; ++i) order += tries_of(f, "nobody").substr(0, 1);
  EXPECT_EQ(order, "abab");
}

TEST(Sticky, ClientsOfOneServerDoNotChangeTheTurnsOfOthers) {
  Fixture f(sticky_group({{"10.0.0.1"}, {"10.0.0.2"}, {"10.0.0.3"}}));
  const std::string name = f.peer(2).sticky_name;
  std::string order;
  for (int i = 0; i < 6; ++i) {
    PickRequest bound;
    bound.sticky = name;
    EXPECT_EQ(Fixture::number(f.balancer->pick(bound)), 3);
    order += f.order(1);
  }
  EXPECT_EQ(order, "abcabc");
}

TEST(Sticky, AServerThatIsGoneDownFailedOrFullIsReplaced) {
  auto config = sticky_group({{"10.0.0.1"}, {"10.0.0.2"}, {"10.0.0.3", 1, 1, 1}});
  Fixture f(config);
  const std::string first = f.peer(0).sticky_name, second = f.peer(1).sticky_name, third = f.peer(2).sticky_name;
  f.peer(1).state->health.failed(f.peer(1).limits(), 1000);
  EXPECT_EQ(tries_of(f, second).find('b'), std::string::npos);
  {
    PickRequest request;
    request.sticky = third;
    const PeerLease full = f.balancer->pick(request);
    EXPECT_EQ(Fixture::number(full), 3);
    EXPECT_EQ(tries_of(f, third), "a");
  }
  config->servers.erase(config->servers.begin());
  f.publish(*config);
  EXPECT_EQ(tries_of(f, first), "c") << "gone";
}

TEST(Sticky, AServerThatDrainsKeepsItsClientsAndGetsNoNewOnes) {
  auto config = sticky_group({{"10.0.0.1"}, {"10.0.0.2"}});
  config->servers[0].drain = true;
  Fixture f(config);
  EXPECT_EQ(f.order(3), "bbb");
  EXPECT_EQ(tries_of(f, f.peer(0).sticky_name), "ab");
}

TEST(Sticky, ABackupIsNotComeBackToWhileThereArePrimaries) {
  Fixture f(sticky_group({{"10.0.0.1"}, {"10.0.0.2", 1, 1, 0, true}, {"10.0.0.3", 1, 1, 0, true}}));
  const std::string backup = f.peer(2).sticky_name;
  EXPECT_EQ(tries_of(f, backup), "acb") << "the primary first, then the backup that the client knows";
}

TEST(Sticky, AddressesOfOneRouteTakeTurns) {
  auto config = sticky_group({{"10.0.0.1"}, {"10.0.0.2"}, {"10.0.0.3"}});
  config->servers[0].route = config->servers[2].route = "r";
  Fixture f(config);
  std::string order;
  for (int i = 0; i < 4; ++i) order += tries_of(f, "r").substr(0, 2);
  EXPECT_EQ(order, "accaacca");
}

TEST(StickyName, IsTheRouteOrADigestOfTheAddress) {
  StickySettings sticky;
  EXPECT_EQ(sticky_name(sticky, "r", "10.0.0.1:80"), "") << "off";
  sticky.kind = StickySettings::Kind::cookie;
  EXPECT_EQ(sticky_name(sticky, "r", "10.0.0.1:80"), "r");
  EXPECT_EQ(sticky_name(sticky, "", "10.0.0.1:80"), "1484b8b3753313249a03bcfd7b96938d");
  sticky.kind = StickySettings::Kind::route;
  EXPECT_EQ(sticky_name(sticky, "", "10.0.0.1:80"), "");
}

TEST(StickyName, WithASecretCannotBeMadeWithoutIt) {
  StickySettings sticky;
  sticky.kind = StickySettings::Kind::cookie;
  std::set<std::string> names{sticky_name(sticky, "", "10.0.0.1:80")};
  for (const char* secret : {"one", "two"}) {
    sticky.secret = secret;
    const std::string name = sticky_name(sticky, "", "10.0.0.1:80");
    EXPECT_EQ(name.size(), 32u);
    EXPECT_EQ(name, sticky_name(sticky, "", "10.0.0.1:80")) << "the same on every proxy";
    names.insert(name);
  }
  EXPECT_EQ(names.size(), 3u);
}

}  // namespace
}  // namespace drishti::upstream
