#include "health/passive_health.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace drishti::health {
namespace {

using Limits = PassiveHealth::Limits;

TEST(PassiveHealth, AFreshPeerIsAvailable) {
  PassiveHealth health;
  EXPECT_TRUE(health.available({1, 10}, 0));
  EXPECT_TRUE(health.chosen({1, 10}, 0));
}

TEST(PassiveHealth, ThreeFailuresTwentySecondsApartDisableThePeerInSpiteOfSuccessesBetweenThem) {
  PassiveHealth health;
  const Limits limits{3, 30};
  bool disabled = false;
  for (std::int64_t now = 1000; now <= 1040; now += 20) {
    ASSERT_TRUE(health.available(limits, now));
    health.chosen(limits, now);
    disabled = health.failed(limits, now);
    if (now == 1040) break;
    for (std::int64_t second = now + 1; second < now + 20; ++second) {
      health.chosen(limits, second);
      health.succeeded();
    }
  }
  EXPECT_TRUE(disabled);
  EXPECT_FALSE(health.available(limits, 1041));
}

TEST(PassiveHealth, ASuccessClearsFailuresOnlyAfterAQuietWindow) {
  PassiveHealth health;
  const Limits limits{3, 10};
  health.failed(limits, 100);
  health.chosen(limits, 110);  // 110 - 100 <= 10: the same window
  health.succeeded();
  EXPECT_EQ(health.fails(), 1);
  health.chosen(limits, 111);  // a new window opens
  health.succeeded();
  EXPECT_EQ(health.fails(), 0);
}

TEST(PassiveHealth, TheOutageEndsOneSecondAfterFailTimeout) {
  struct Case {
    std::int64_t fail_timeout, after;
    bool available;
  };
  for (const Case& c : {Case{10, 0, false}, {10, 10, false}, {10, 11, true}, {1, 1, false}, {1, 2, true},
                        {0, 0, false}, {0, 1, true}}) {
    PassiveHealth health;
    const Limits limits{1, c.fail_timeout};
    EXPECT_TRUE(health.failed(limits, 500));
    EXPECT_EQ(health.available(limits, 500 + c.after), c.available) << c.fail_timeout << " " << c.after;
  }
}

TEST(PassiveHealth, OneProbeAWindow) {
  PassiveHealth health;
  const Limits limits{1, 10};
  health.failed(limits, 100);
  EXPECT_TRUE(health.chosen(limits, 111));
  EXPECT_FALSE(health.available(limits, 111));
  EXPECT_FALSE(health.chosen(limits, 111));
  EXPECT_FALSE(health.available(limits, 121));
  EXPECT_TRUE(health.chosen(limits, 122)) << "the probe got lost: the next window has its own";
}

TEST(PassiveHealth, AFailedProbeDisablesForAnotherWindow) {
  PassiveHealth health;
  const Limits limits{2, 10};
  EXPECT_FALSE(health.failed(limits, 100));
  EXPECT_TRUE(health.failed(limits, 100));
  ASSERT_TRUE(health.chosen(limits, 111));
  EXPECT_TRUE(health.failed(limits, 115));
  EXPECT_FALSE(health.available(limits, 125));
  EXPECT_TRUE(health.available(limits, 126));
}

TEST(PassiveHealth, ASuccessfulProbeEnablesThePeerAtOnce) {
  PassiveHealth health;
  const Limits limits{1, 10};
  health.failed(limits, 100);
  ASSERT_TRUE(health.chosen(limits, 111));
  health.succeeded();
  EXPECT_TRUE(health.available(limits, 111));
  EXPECT_EQ(health.fails(), 0);
}

TEST(PassiveHealth, MaxFailsZeroNeverDisables) {
  PassiveHealth health;
  const Limits limits{0, 10};
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(health.failed(limits, 100));
  EXPECT_TRUE(health.available(limits, 100));
  EXPECT_TRUE(health.chosen(limits, 100));
}

TEST(PassiveHealth, AWorkerWhoseClockIsBehindDoesNotShortenTheOutage) {
  PassiveHealth health;
  const Limits limits{1, 10};
  health.failed(limits, 101);
  health.failed(limits, 100);
  EXPECT_FALSE(health.available(limits, 111));
}

TEST(PassiveHealth, ManyWorkersTakeOneProbeOfAWindowTogether) {
  for (int round = 0; round < 200; ++round) {
    PassiveHealth health;
    const Limits limits{1, 10};
    health.failed(limits, 100);
    std::atomic<int> probes{0};
    std::vector<std::jthread> workers;
    for (int i = 0; i < 4; ++i)
      workers.emplace_back([&] {
        if (health.available(limits, 111) && health.chosen(limits, 111)) ++probes;
      });
    workers.clear();
    ASSERT_EQ(probes, 1);
  }
}

TEST(PassiveHealth, FailuresOfManyWorkersAreAllCounted) {
  PassiveHealth health;
  const Limits limits{1000000, 10};
  std::vector<std::jthread> workers;
  for (int i = 0; i < 4; ++i)
    workers.emplace_back([&] {
      for (int n = 0; n < 5000; ++n) {
        health.failed(limits, 100);
        health.succeeded();  // within the window: clears nothing
      }
    });
  workers.clear();
  EXPECT_EQ(health.fails(), 20000);
}

}  // namespace
}  // namespace drishti::health
