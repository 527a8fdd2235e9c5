#include "metrics/scaling/replica_decision.hpp"

#include <gtest/gtest.h>

namespace drishti::scaling {
namespace {

/// A decision a second on a demand, with the default settings: stable window 60 s, delay 300 s.
struct Decider {
  ReplicaDecision decision;
  conf::ScalingSettings settings;
  Demand demand{0, 0, 0, Reason::demand, 2, 2};

  Decision after(int seconds, double stable, double panic) {
    Decision last;
    for (int i = 0; i < seconds; ++i) {
      demand.at += 1;
      demand.stable = stable;
      demand.panic = panic;
      last = decision.decide(demand, settings);
    }
    return last;
  }
  Decision after(int seconds, double stable) { return after(seconds, stable, stable); }
};

TEST(ReplicaDecision, ScalesOutAtOnce) {
  Decider decider;
  EXPECT_EQ(decider.after(1, 1.9).required, 2);
  EXPECT_EQ(decider.after(1, 2.5).required, 3);
  EXPECT_EQ(decider.after(1, 3.2).required, 4);
}

TEST(ReplicaDecision, ScalesInOnlyAfterTheDelay) {
  Decider decider;
  decider.after(1, 3.5);
  const Decision early = decider.after(300, 1.5);
  EXPECT_EQ(early.required, 4);
  EXPECT_EQ(early.reason, Reason::scale_in_delay);
  const Decision late = decider.after(2, 1.5);
  EXPECT_EQ(late.required, 2);
  EXPECT_EQ(late.reason, Reason::demand);
}

TEST(ReplicaDecision, ScalesInToTheMostThatWasWantedMeanwhile) {
  Decider decider;
  decider.after(1, 5.5);
  decider.after(200, 1.5);
  decider.after(1, 2.5);
  EXPECT_EQ(decider.after(150, 1.5).required, 3);
}

TEST(ReplicaDecision, DoesNotFlapAtAStep) {
  Decider decider;
  decider.settings.scale_in_delay = std::chrono::seconds(1);  // nothing but the band
  decider.after(400, 2.5);
  int changes = 0, before = 3;
  for (int i = 0; i < 1000; ++i) {
    const int now = decider.after(1, i % 2 == 0 ? 2.97 : 3.03).required;
    changes += now != before ? 1 : 0;
    before = now;
  }
  EXPECT_LE(changes, 1);
}

TEST(ReplicaDecision, PanicsAtASteepRiseAndScalesNothingInMeanwhile) {
  Decider decider;
  decider.settings.scale_in_delay = std::chrono::seconds(1);
  EXPECT_FALSE(decider.after(10, 1.5, 3.9).is_panic);
  const Decision panic = decider.after(1, 1.5, 4.5);
  EXPECT_TRUE(panic.is_panic);
  EXPECT_EQ(panic.required, 5);
  EXPECT_EQ(panic.reason, Reason::panic);
  EXPECT_EQ(decider.after(60, 1.5, 1.5).required, 5) << "for a stable window";
  const Decision over = decider.after(3, 1.5, 1.5);
  EXPECT_FALSE(over.is_panic);
  EXPECT_EQ(over.required, 2);
}

TEST(ReplicaDecision, NeverScalesInWhileFewerThanHalfAreHealthy) {
  Decider decider;
  decider.demand.peers = 4;
  decider.demand.healthy = 1;
  const Decision decision = decider.after(1000, 1.5);
  EXPECT_EQ(decision.required, 4);
  EXPECT_EQ(decision.reason, Reason::too_few_healthy);
  decider.demand.healthy = 2;
  EXPECT_EQ(decider.after(1000, 1.5).required, 2);
}

TEST(ReplicaDecision, TakesBackAScaleInThatWasNotFollowedWhenServersFail) {
  Decider decider;
  decider.demand.peers = decider.demand.healthy = 4;
  EXPECT_EQ(decider.after(1000, 1.5).required, 2);
  decider.demand.healthy = 1;
  EXPECT_EQ(decider.after(1, 1.5).required, 4);
}

TEST(ReplicaDecision, StaysWithinItsLimits) {
  Decider decider;
  decider.settings.min_replicas = 2;
  decider.settings.max_replicas = 6;
  const Decision most = decider.after(1, 40);
  EXPECT_EQ(most.required, 6);
  EXPECT_EQ(most.reason, Reason::limit);
  const Decision least = decider.after(1000, 0);
  EXPECT_EQ(least.required, 2);
  EXPECT_EQ(least.reason, Reason::limit);
}

TEST(ReplicaDecision, NoDemandNeedsOneServerAfterTheDelay) {
  Decider decider;
  EXPECT_EQ(decider.after(200, 0).required, 2);
  EXPECT_EQ(decider.after(200, 0).required, 1);
}

}  // namespace
}  // namespace drishti::scaling
