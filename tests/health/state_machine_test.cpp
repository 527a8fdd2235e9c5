// The states of a peer, event by event; the clock is moved by hand.
#include "health/state_machine.hpp"

#include <gtest/gtest.h>

namespace drishti::health {
namespace {

using Kind = Event::Kind;
using std::chrono::milliseconds;

Settings checked(int fails, int passes, bool mandatory = false, milliseconds slow_start = milliseconds(0)) {
  Settings settings;
  settings.checks = {{"main", fails, passes}};
  settings.mandatory = mandatory;
  settings.slow_start = slow_start;
  return settings;
}

/// A machine and its clock.
struct Peer {
  explicit Peer(Settings settings) { machine.configure(std::move(settings), now); }
  std::optional<Transition> on(Kind kind, std::string_view reason = "why", std::size_t check = 0) {
    return machine.on({kind, reason, check, now.steady_ms + 1000}, now);
  }
  std::optional<Transition> after(std::int64_t ms) {
    now.steady_ms += ms;
    now.wall_ms += ms;
    return machine.on({}, now);
  }
  /// The status after each check: p passes, f fails.
  std::string statuses(std::string_view results) {
    std::string text;
    for (const char result : results) {
      on(result == 'p' ? Kind::check_passed : Kind::check_failed);
      text += status_name(machine.status()).front();
    }
    return text;
  }
  StateMachine machine;
  Moment now{1000, 5000};
};

TEST(StateMachine, TurnsAfterSoManyChecksInARow) {
  const struct {
    int fails, passes;
    bool mandatory;
    const char* results;
    const char* statuses;  // healthy, unhealthy, checking
  } cases[] = {{1, 1, false, "fpf", "uhu"},
               {3, 2, false, "ffpffpfff", "hhhhhhhhu"},
               {3, 2, false, "fffpfppp", "hhuuuuhh"},
               {1, 2, true, "pp", "ch"},
               {2, 2, true, "pfpfpp", "ccccch"},
               {1, 1, true, "f", "u"},
               {1, 1, true, "p", "h"}};
  for (const auto& c : cases) {
    Peer peer(checked(c.fails, c.passes, c.mandatory));
    EXPECT_EQ(peer.statuses(c.results), c.statuses) << c.fails << c.passes << c.results;
  }
}

TEST(StateMachine, AFlappingPeerNeverTurnsWithThreeFailsAndTwoPasses) {
  Peer peer(checked(3, 2));
  EXPECT_EQ(peer.statuses("fpfpfpfpfpfp"), "hhhhhhhhhhhh");
}

TEST(StateMachine, TellsWhatCausedAChangeAndWhen) {
  Peer peer(checked(1, 1));
  peer.after(70);
  const auto change = peer.on(Kind::check_failed, "status 503");
  ASSERT_TRUE(change);
  EXPECT_EQ(change->from, PeerStatus::healthy);
  EXPECT_EQ(change->to, PeerStatus::unhealthy);
  EXPECT_EQ(change->cause, "status 503");
  EXPECT_EQ(change->wall_ms, 5070);
  EXPECT_FALSE(peer.on(Kind::check_failed)) << "no change, nothing to tell";
}

TEST(StateMachine, OneOfSeveralChecksIsEnoughToBeUnhealthy) {
  Settings settings = checked(1, 1);
  settings.checks.push_back({"other", 1, 1});
  Peer peer(settings);
  peer.on(Kind::check_failed, "", 1);
  EXPECT_EQ(peer.machine.status(), PeerStatus::unhealthy);
  EXPECT_FALSE(peer.on(Kind::check_passed, "", 0)) << "the other one still fails";
  EXPECT_TRUE(peer.on(Kind::check_passed, "", 1));
  EXPECT_EQ(peer.machine.status(), PeerStatus::healthy);
}

TEST(StateMachine, MandatoryHoldsANewPeerBackUntilItsChecksPassed) {
  Peer peer(checked(1, 2, true));
  EXPECT_EQ(peer.machine.status(), PeerStatus::checking);
  EXPECT_TRUE(peer.machine.fails_checks());
  peer.on(Kind::check_passed);
  EXPECT_TRUE(peer.machine.fails_checks());
  peer.on(Kind::check_passed);
  EXPECT_FALSE(peer.machine.fails_checks());
}

TEST(StateMachine, APeerThatComesBackStartsSlowly) {
  Peer peer(checked(1, 1, false, milliseconds(400)));
  EXPECT_EQ(peer.machine.status(), PeerStatus::healthy) << "but not one that was there from the start";
  peer.on(Kind::check_failed);
  peer.after(50);
  peer.on(Kind::check_passed);
  EXPECT_EQ(peer.machine.status(), PeerStatus::slow_start);
  EXPECT_EQ(peer.machine.slow_start_since_ms(), 1050);
  EXPECT_FALSE(peer.after(399));
  const auto change = peer.after(1);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->cause, "slow start is over");
  EXPECT_EQ(peer.machine.status(), PeerStatus::healthy);
  EXPECT_EQ(peer.machine.slow_start_since_ms(), 0);
}

TEST(StateMachine, EveryWayBackLeadsThroughSlowStart) {
  const struct {
    Kind out, back;
  } ways[] = {{Kind::disabled, Kind::enabled}, {Kind::drained, Kind::undrained}, {Kind::check_failed, Kind::check_passed}};
  for (const auto& way : ways) {
    Peer peer(checked(1, 1, false, milliseconds(400)));
    peer.on(way.out);
    peer.on(way.back);
    EXPECT_EQ(peer.machine.status(), PeerStatus::slow_start) << static_cast<int>(way.out);
  }
  Peer ejected(checked(1, 1, false, milliseconds(400)));
  ejected.on(Kind::ejected);
  ejected.after(1000);
  EXPECT_EQ(ejected.machine.status(), PeerStatus::slow_start);
  Peer joined(checked(1, 1, false, milliseconds(400)));
  joined.on(Kind::joined);
  EXPECT_EQ(joined.machine.status(), PeerStatus::slow_start);
}

TEST(StateMachine, AnEjectionEndsWithItsTime) {
  Peer peer(checked(1, 1));
  ASSERT_TRUE(peer.on(Kind::ejected, "5 of 20"));
  EXPECT_TRUE(peer.machine.is_ejected());
  EXPECT_FALSE(peer.after(999));
  const auto change = peer.after(1);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->to, PeerStatus::healthy);
  EXPECT_FALSE(peer.machine.is_ejected());
}

TEST(StateMachine, APassedCheckDoesNotBringBackAPeerThatFailsRequests) {
  Peer peer(checked(1, 1));
  peer.on(Kind::disabled, "max_fails");
  EXPECT_EQ(peer.machine.status(), PeerStatus::ejected);
  EXPECT_FALSE(peer.machine.fails_checks()) << "the probe of max_fails has to come through";
  EXPECT_FALSE(peer.on(Kind::check_passed)) << "a peer may lie";
  EXPECT_TRUE(peer.on(Kind::enabled));
  EXPECT_EQ(peer.machine.status(), PeerStatus::healthy);
}

TEST(StateMachine, ARecoveryByChecksForgetsFailedRequests) {
  Peer peer(checked(1, 1));
  peer.on(Kind::disabled, "max_fails");
  peer.on(Kind::check_failed);
  EXPECT_EQ(peer.machine.status(), PeerStatus::unhealthy);
  peer.on(Kind::check_passed);
  EXPECT_EQ(peer.machine.status(), PeerStatus::healthy);
}

TEST(StateMachine, TheWorstStatusIsShown) {
  Peer peer(checked(1, 1));
  peer.on(Kind::ejected);
  peer.on(Kind::check_failed);
  EXPECT_EQ(peer.machine.status(), PeerStatus::unhealthy);
  peer.on(Kind::drained);
  EXPECT_EQ(peer.machine.status(), PeerStatus::draining);
  peer.on(Kind::undrained);
  EXPECT_EQ(peer.machine.status(), PeerStatus::unhealthy);
  peer.on(Kind::check_passed);
  EXPECT_EQ(peer.machine.status(), PeerStatus::ejected);
}

TEST(StateMachine, AReloadKeepsWhatIsKnown) {
  Peer peer(checked(1, 1, true));
  peer.on(Kind::check_failed);
  EXPECT_FALSE(peer.machine.configure(checked(1, 1, true), peer.now));
  EXPECT_EQ(peer.machine.status(), PeerStatus::unhealthy);
  peer.on(Kind::check_passed);
  EXPECT_FALSE(peer.machine.configure(checked(1, 5, true), peer.now)) << "no second proof of a peer that is well";
  EXPECT_EQ(peer.machine.status(), PeerStatus::healthy);
}

TEST(StateMachine, ANewCheckIsTrustedUntilItFailsUnlessThePeerWasSick) {
  for (const bool was_sick : {false, true}) {
    Peer peer(checked(1, 1));
    if (was_sick) peer.on(Kind::check_failed);
    Settings other;
    other.checks = {{"other", 1, 1}};
    peer.machine.configure(other, peer.now);
    EXPECT_EQ(peer.machine.status(), was_sick ? PeerStatus::checking : PeerStatus::healthy);
  }
}

TEST(StateMachine, WithoutChecksNothingStandsAgainstAPeer) {
  Peer peer(checked(1, 1));
  peer.on(Kind::check_failed);
  const auto change = peer.machine.configure({}, peer.now);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->cause, "configuration");
  EXPECT_EQ(peer.machine.status(), PeerStatus::healthy);
  EXPECT_FALSE(peer.on(Kind::check_failed)) << "of a check that is gone";
}

}  // namespace
}  // namespace drishti::health
