#include <gtest/gtest.h>

#include "balancer_support.hpp"

namespace drishti::upstream {
namespace {

TEST(RoundRobin, GivesNginxSmoothOrder) {
  struct Case {
    std::vector<ServerLine> lines;
    std::string order;
  };
  const std::vector<Case> cases{
      {{{"10.0.0.1", 5}, {"10.0.0.2"}, {"10.0.0.3"}}, "aabacaaaabacaa"},
      {{{"10.0.0.1"}, {"10.0.0.2"}, {"10.0.0.3"}}, "abcabcabc"},
      {{{"10.0.0.1", 2}, {"10.0.0.2"}}, "abaaba"},
      {{{"10.0.0.1"}, {"10.0.0.2", 1, 1, 0, false, true}, {"10.0.0.3"}}, "acacac"},
      {{{"10.0.0.1"}, {"10.0.0.2", 1, 1, 0, true}}, "aaaa"},
  };
  for (const Case& c : cases) {
    Fixture f(c.lines);
    EXPECT_EQ(f.order(static_cast<int>(c.order.size())), c.order);
  }
}

TEST(RoundRobin, ARequestTriesEachPeerOnceThenTheBackups) {
  Fixture f({{"10.0.0.1"}, {"10.0.0.2"}, {"10.0.0.3", 1, 1, 0, true}, {"10.0.0.4", 1, 1, 0, true}});
  EXPECT_EQ(f.tries(), "abcd");
  EXPECT_EQ(f.balancer->peers().tries(), 4);
}

TEST(RoundRobin, BackupsServeOnlyWhileNoPrimaryIsEligible) {
  Fixture f({{"10.0.0.1"}, {"10.0.0.2", 1, 1, 0, true}});
  f.peer(0).state->health.failed(f.peer(0).limits(), 1000);
  EXPECT_EQ(f.order(3), "bbb");
  EXPECT_EQ(f.pick_one(1011), 1) << "the probe of the primary";
}

TEST(RoundRobin, DownPeersAreNeverChosenAndNotCountedAsTries) {
  Fixture f({{"10.0.0.1", 1, 1, 0, false, true}, {"10.0.0.2", 1, 1, 0, false, true}});
  EXPECT_EQ(f.pick_one(), 0);
  EXPECT_EQ(f.balancer->peers().tries(), 0);
}

TEST(RoundRobin, WorkersBeginWithDifferentPeersAndKeepTheirShares) {
  Fixture f({{"10.0.0.1"}, {"10.0.0.2"}, {"10.0.0.3"}});
  for (unsigned worker = 0; worker < 4; ++worker) {
    f.balancer = Balancer::create(f.group, worker, 1);
    EXPECT_EQ(f.order(3), std::string("abcabcabc").substr(worker % 3, 3));
  }
}

TEST(RoundRobin, EqualServerLinesAreSeparatePeersAsInNginx) {
  Fixture f({{"10.0.0.1"}, {"10.0.0.1"}});
  EXPECT_FALSE(f.balancer->peers().is_single());
  EXPECT_NE(f.peer(0).state, f.peer(1).state);
  EXPECT_EQ(f.tries(), "aa");
}

TEST(EffectiveWeight, FallsByWeightDividedByMaxFailsAndRecoversByOneAStep) {
  Fixture f({{"10.0.0.1", 4, 2}, {"10.0.0.2", 4, 2}});
  f.balancer->note_failure(f.peer(0));
  f.balancer->note_failure(f.peer(0));  // effective weight 0, then 1 2 3 4 again
  EXPECT_EQ(f.order(8), "bbababab");
}

TEST(EffectiveWeight, IntegerDivisionLeavesSmallWeightsAlone) {
  Fixture f({{"10.0.0.1", 1, 3}, {"10.0.0.2", 1, 3}});
  for (int i = 0; i < 5; ++i) f.balancer->note_failure(f.peer(0));
  EXPECT_EQ(f.order(4), "abab");
}

TEST(Eligibility, ADisabledPeerGetsOneProbeForAllWorkers) {
  Fixture f({{"10.0.0.1"}, {"10.0.0.2"}});
  auto other = Balancer::create(f.group, 1, 1);
  f.peer(0).state->health.failed(f.peer(0).limits(), 1000);
  EXPECT_EQ(f.order(4, 1010), "bbbb");
  PickRequest request;
  request.now_seconds = 1011;
  int probes = 0;
  for (int i = 0; i < 4; ++i) {
    request.tried.reset();
    probes += Fixture::number(other->pick(request)) == 1;
    probes += f.pick_one(1011) == 1;
  }
  EXPECT_EQ(probes, 1);
}

TEST(Eligibility, MaxConnsCountsRequestsOfAllWorkers) {
  Fixture f({{"10.0.0.1", 1, 1, 2}, {"10.0.0.2", 1, 1, 1}});
  auto other = Balancer::create(f.group, 1, 1);
  std::vector<PeerLease> leases;
  for (Balancer* balancer : {f.balancer.get(), other.get(), f.balancer.get()}) {
    PickRequest request;
    leases.push_back(balancer->pick(request));
    EXPECT_TRUE(leases.back());
  }
  EXPECT_EQ(f.pick_one(), 0) << "no live upstreams";
  leases.pop_back();
  EXPECT_NE(f.pick_one(), 0);
}

TEST(Single, IsNeverDisabledButDownAndMaxConnsApply) {
  Fixture f({{"10.0.0.1", 1, 1, 1}});
  ASSERT_TRUE(f.balancer->peers().is_single());
  f.peer(0).state->health.failed(f.peer(0).limits(), 1000);
  PickRequest request;
  request.now_seconds = 1000;
  const PeerLease lease = f.balancer->pick(request);
  EXPECT_TRUE(lease);
  EXPECT_EQ(f.pick_one(), 0);
  Fixture down({{"10.0.0.1", 1, 1, 0, false, true}});
  EXPECT_EQ(down.pick_one(), 0);
}

TEST(Single, APeerWithABackupOrADownNeighbourIsNotSingle) {
  EXPECT_FALSE(Fixture({{"10.0.0.1"}, {"10.0.0.2", 1, 1, 0, true}}).balancer->peers().is_single());
  EXPECT_FALSE(Fixture({{"10.0.0.1"}, {"10.0.0.2", 1, 1, 0, false, true}}).balancer->peers().is_single());
}

TEST(Lease, CountsWhileItLivesAndSurvivesTheRemovalOfItsPeer) {
  Fixture f({{"10.0.0.1"}, {"10.0.0.2"}});
  const auto state = f.peer(0).state;
  PickRequest request;
  PeerLease lease = f.balancer->pick(request);
  EXPECT_EQ(state->in_flight, 1);
  f.publish(*upstream_of({{"10.0.0.2"}}));
  EXPECT_EQ(f.order(2), "bb");
  EXPECT_EQ(lease->address_text, "10.0.0.1:80");
  PeerLease moved = std::move(lease);
  moved.release();
  moved.release();
  EXPECT_EQ(state->in_flight, 0);
}

TEST(Membership, ChangesAreSeenAtTheNextPickAndForgetWhatWasTried) {
  Fixture f({{"10.0.0.1"}, {"10.0.0.2"}});
  PickRequest request;
  EXPECT_EQ(Fixture::number(f.balancer->pick(request)), 1);
  f.publish(*upstream_of({{"10.0.0.3"}, {"10.0.0.4"}}));
  EXPECT_EQ(Fixture::number(f.balancer->pick(request)), 3);
  EXPECT_EQ(Fixture::number(f.balancer->pick(request)), 4);
  EXPECT_FALSE(f.balancer->pick(request));
}

TEST(Membership, ScalingKeepsTheTurnOfThePeersThatStay) {
  Fixture f({{"10.0.0.1", 3}, {"10.0.0.2"}});
  EXPECT_EQ(f.order(2), "aa");
  f.publish(*upstream_of({{"10.0.0.1", 3}, {"10.0.0.2"}, {"10.0.0.3"}}));
  EXPECT_EQ(f.pick_one(), 2) << "b waited longest";
}

TEST(Membership, AnEmptyGroupHasNoLiveUpstreams) {
  Fixture f(std::vector<ServerLine>{});
  EXPECT_EQ(f.pick_one(), 0);
}

TEST(Membership, PeersBeyondTheTriedSetAreStillBalanced) {
  std::vector<ServerLine> lines;
  for (int i = 0; i < 600; ++i) lines.push_back({"10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1)});
  Fixture f(lines);
  std::vector<int> hits(600);
  for (int i = 0; i < 1200; ++i) {
    PickRequest request;
    const auto lease = f.balancer->pick(request);
    for (std::size_t p = 0; p < 600; ++p) hits[p] += &f.peer(p) == lease.peer().get();
  }
  EXPECT_EQ(hits, std::vector<int>(600, 2));
}

}  // namespace
}  // namespace drishti::upstream
