// What workers see of a peer's state, and what is kept for people.
#include "health/peer_health.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace drishti::health {
namespace {

constexpr PeerHealth::Limits limits{1, 10};

Settings one_check(std::chrono::milliseconds slow_start = std::chrono::milliseconds(0)) {
  Settings settings;
  settings.checks = {{"main", 1, 1}};
  settings.slow_start = slow_start;
  return settings;
}

CheckResult result(bool passed, std::string reason = {}) {
  CheckResult made;
  made.passed = passed;
  made.reason = std::move(reason);
  return made;
}

TEST(PeerHealth, SelectionLeavesAnUnhealthyPeerAlone) {
  PeerHealth health;
  health.configure(one_check(), {1000, 0});
  EXPECT_TRUE(health.available(limits, 1));
  health.checked(0, result(false), {1000, 0});
  EXPECT_FALSE(health.available(limits, 1));
  EXPECT_FALSE(health.passes_gate());
  EXPECT_TRUE(health.available_in_panic(limits, 1));
  health.checked(0, result(true), {1000, 0});
  EXPECT_TRUE(health.available(limits, 1));
}

TEST(PeerHealth, PanicDoesNotUseAPeerThatDrains) {
  PeerHealth health;
  Settings settings = one_check();
  settings.drain = true;
  health.configure(settings, {1000, 0});
  EXPECT_FALSE(health.available(limits, 1));
  EXPECT_FALSE(health.available_in_panic(limits, 1));
}

TEST(PeerHealth, TheShareGrowsOverSlowStart) {
  PeerHealth health;
  health.configure(one_check(std::chrono::milliseconds(1000)), {1000, 0});
  EXPECT_EQ(health.share(1000), 1) << "from the start";
  health.checked(0, result(false), {1000, 0});
  health.checked(0, result(true), {2000, 0});
  EXPECT_EQ(health.share(2000), 0);
  EXPECT_EQ(health.share(2250), 0.25);
  EXPECT_EQ(health.share(3000), 1);
}

TEST(PeerHealth, MaxFailsAndItsEndAreRemembered) {
  PeerHealth health;
  health.configure({}, {1000, 0});
  EXPECT_TRUE(health.failed(limits, 100));
  EXPECT_EQ(health.status(), PeerStatus::ejected);
  EXPECT_FALSE(health.available(limits, 105));
  EXPECT_TRUE(health.available(limits, 111)) << "the probe";
  EXPECT_TRUE(health.chosen(limits, 111));
  ASSERT_TRUE(health.succeeded(limits, 111));
  EXPECT_EQ(health.status(), PeerStatus::healthy);
  const auto history = health.history();
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[0].cause, "max_fails: 1 failures");
  EXPECT_EQ(history[1].cause, "a request succeeded after fail_timeout");
}

TEST(PeerHealth, ARecoveryByChecksClearsMaxFails) {
  PeerHealth health;
  health.configure(one_check(), {1000, 0});
  health.failed(limits, 100);
  health.checked(0, result(false), {100'000, 0});
  health.checked(0, result(true), {101'000, 0});
  EXPECT_EQ(health.fails(), 0);
  EXPECT_TRUE(health.available(limits, 101));
}

TEST(PeerHealth, APassedCheckAloneDoesNotEndFailTimeout) {
  PeerHealth health;
  health.configure(one_check(), {1000, 0});
  health.failed(limits, 100);
  health.checked(0, result(true), {101'000, 0});
  EXPECT_FALSE(health.available(limits, 101));
}

TEST(PeerHealth, KeepsTheLastTwentyChanges) {
  PeerHealth health;
  health.configure(one_check(), {1000, 0});
  for (int i = 0; i < 50; ++i) health.checked(0, result(i % 2 == 1, "check " + std::to_string(i)), {1000, i});
  const auto history = health.history();
  ASSERT_EQ(history.size(), PeerHealth::kept_transitions);
  EXPECT_EQ(history.front().cause, "check 30");
  EXPECT_EQ(history.back().cause, "check 49");
  EXPECT_EQ(history.back().wall_ms, 49);
}

TEST(PeerHealth, KnowsTheLastResultOfEachCheckOverAReload) {
  PeerHealth health;
  Settings settings = one_check();
  settings.checks.push_back({"other", 1, 1});
  health.configure(settings, {1000, 0});
  health.checked(1, result(false, "status 500"), {1000, 7});
  std::swap(settings.checks[0], settings.checks[1]);
  health.configure(settings, {1000, 0});
  const auto results = health.check_results();
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].reason, "status 500");
  EXPECT_EQ(results[0].wall_ms, 7);
  EXPECT_EQ(results[0].failed, 1u);
  EXPECT_EQ(results[1].checks, 0u);
  EXPECT_EQ(health.status(), PeerStatus::unhealthy);
}

TEST(PeerHealth, IsReadWhileItChanges) {
  PeerHealth health;
  health.configure(one_check(), {1000, 0});
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop) health.available(limits, 1) ? health.share(1) : health.share(2);
  });
  for (int i = 0; i < 2000; ++i) health.checked(0, result(i % 2 == 1), {1000 + i, 0});
  stop = true;
  reader.join();
  EXPECT_TRUE(health.available(limits, 1));
}

}  // namespace
}  // namespace drishti::health
