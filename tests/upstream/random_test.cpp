#include <gtest/gtest.h>

#include <map>

#include "balancer_support.hpp"

namespace drishti::upstream {
namespace {

std::shared_ptr<conf::Upstream> two_of(const std::vector<ServerLine>& lines) {
  auto config = upstream_of(lines, conf::BalanceMethod::random);
  config->random_two = true;
  return config;
}

TEST(Random, FollowsTheWeights) {
  Fixture f({{"10.0.0.1", 5}, {"10.0.0.2", 3}, {"10.0.0.3", 2}}, conf::BalanceMethod::random, 42);
  std::map<int, int> hits;
  for (int i = 0; i < 10000; ++i) ++hits[f.pick_one()];
  EXPECT_NEAR(hits[1], 5000, 200);
  EXPECT_NEAR(hits[2], 3000, 200);
  EXPECT_NEAR(hits[3], 2000, 200);
}

TEST(Random, TheSeedDecides) {
  const std::vector<ServerLine> lines{{"10.0.0.1"}, {"10.0.0.2"}, {"10.0.0.3"}};
  auto order = [&](std::uint64_t seed) { return Fixture(lines, conf::BalanceMethod::random, seed).order(40); };
  EXPECT_EQ(order(7), order(7));
  EXPECT_NE(order(7), order(8));
}

TEST(RandomTwo, NeverChoosesTheMostLoadedOfThree) {
  Fixture f(two_of({{"10.0.0.1"}, {"10.0.0.2"}, {"10.0.0.3"}}));
  f.peer(1).state->in_flight = 9;
  std::map<int, int> hits;
  for (int i = 0; i < 2000; ++i) ++hits[f.pick_one()];
  EXPECT_EQ(hits[2], 0);
  EXPECT_NEAR(hits[1], 1000, 150);
}

TEST(RandomTwo, KeepsConcurrentRequestsNearlyEven) {
  std::vector<ServerLine> lines;
  for (int i = 1; i <= 10; ++i) lines.push_back({"10.0.0." + std::to_string(i)});
  Fixture f(two_of(lines));
  std::vector<PeerLease> leases;
  for (int i = 0; i < 1000; ++i) {
    PickRequest request;
    leases.push_back(f.balancer->pick(request));
  }
  for (std::size_t i = 0; i < 10; ++i) EXPECT_NEAR(f.peer(i).state->in_flight, 100, 5);
}

TEST(RandomTwo, WithOneEligiblePeerLeftItIsChosen) {
  Fixture f(two_of({{"10.0.0.1", 1, 1, 0, false, true}, {"10.0.0.2"}, {"10.0.0.3", 1, 1, 0, false, true}}));
  EXPECT_EQ(f.order(3), "bbb");
}

}  // namespace
}  // namespace drishti::upstream
