#include <gtest/gtest.h>

#include "balancer_support.hpp"

namespace drishti::upstream {
namespace {

constexpr auto least_conn = conf::BalanceMethod::least_conn;

TEST(LeastConn, ChoosesTheFewestRequestsByWeight) {
  struct Case {
    std::vector<int> weights, in_flight;
    int chosen;
  };
  const std::vector<Case> cases{
      {{1, 1, 1}, {2, 1, 3}, 2},  {{1, 1, 1}, {5, 4, 3}, 3}, {{4, 1, 1}, {3, 1, 1}, 1},
      {{4, 1, 1}, {4, 0, 1}, 2},  {{2, 3, 5}, {2, 2, 4}, 2}, {{10, 1, 1}, {9, 1, 1}, 1},
  };
  for (const Case& c : cases) {
    Fixture f({{"10.0.0.1", c.weights[0]}, {"10.0.0.2", c.weights[1]}, {"10.0.0.3", c.weights[2]}}, least_conn);
    for (std::size_t i = 0; i < 3; ++i) f.peer(i).state->in_flight = c.in_flight[i];
    EXPECT_EQ(f.pick_one(), c.chosen);
  }
}

TEST(LeastConn, TiesAreBrokenByWeightedRoundRobin) {
  Fixture f({{"10.0.0.1", 5}, {"10.0.0.2"}, {"10.0.0.3"}}, least_conn);
  EXPECT_EQ(f.order(7), "aabacaa");
}

TEST(LeastConn, OnlyThePeersOfATieTakeTurns) {
  Fixture f({{"10.0.0.1"}, {"10.0.0.2"}, {"10.0.0.3"}}, least_conn);
  f.peer(1).state->in_flight = 7;
  EXPECT_EQ(f.order(4), "acac");
}

TEST(LeastConn, AChoiceWithoutATieMovesNoWeights) {
  Fixture f({{"10.0.0.1"}, {"10.0.0.2"}}, least_conn);
  f.peer(0).state->in_flight = 1;
  EXPECT_EQ(f.order(3), "bbb");
  f.peer(0).state->in_flight = 0;
  EXPECT_EQ(f.order(4), "abab");
}

TEST(LeastConn, SpreadsConcurrentRequestsEvenly) {
  Fixture f({{"10.0.0.1"}, {"10.0.0.2"}, {"10.0.0.3"}}, least_conn);
  std::vector<PeerLease> leases;
  for (int i = 0; i < 9; ++i) {
    PickRequest request;
    leases.push_back(f.balancer->pick(request));
  }
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(f.peer(i).state->in_flight, 3);
}

TEST(LeastConn, SeesTheRequestsOfOtherWorkers) {
  Fixture f({{"10.0.0.1"}, {"10.0.0.2"}}, least_conn);
  auto other = Balancer::create(f.group, 0, 1);
  PickRequest request;
  const PeerLease busy = other->pick(request);
  ASSERT_EQ(Fixture::number(busy), 1);
  EXPECT_EQ(f.order(3), "bbb");
}

TEST(LeastConn, BackupsAreBalancedTheSameWay) {
  Fixture f({{"10.0.0.1", 1, 1, 0, false, true},
             {"10.0.0.2", 1, 1, 0, true},
             {"10.0.0.3", 1, 1, 0, true}},
            least_conn);
  f.peer(1).state->in_flight = 1;
  EXPECT_EQ(f.order(3), "ccc");
}

TEST(LeastConn, ARequestTriesEachPeerOnce) {
  Fixture f({{"10.0.0.1"}, {"10.0.0.2"}, {"10.0.0.3"}}, least_conn);
  EXPECT_EQ(f.tries(), "abc");
}

}  // namespace
}  // namespace drishti::upstream
