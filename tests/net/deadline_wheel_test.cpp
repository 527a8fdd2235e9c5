#include "net/deadline_wheel.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

namespace drishti::net {
namespace {

using std::chrono::milliseconds;
using Steady = DeadlineWheel::Steady;

struct Alarm : DeadlineWheel::Timer {
  Alarm() : Timer([](DeadlineWheel::Timer& timer) { ++static_cast<Alarm&>(timer).rings; }) {}
  int rings = 0;
};

struct DeadlineWheelTest : ::testing::Test {
  const Steady start{std::chrono::hours(1)};
  DeadlineWheel wheel{start};
  Steady after(milliseconds time) const { return start + time; }
};

TEST_F(DeadlineWheelTest, RingsOnceNotBeforeTheDeadlineAndAtMostTwoTicksLate) {
  for (int ms : {1, 7, 8, 9, 100, 1000, 32767, 32768, 33000, 100000}) {
    DeadlineWheel fresh(start);
    Alarm alarm;
    fresh.arm(alarm, after(milliseconds(ms)));
    fresh.advance(after(milliseconds(ms)) - std::chrono::nanoseconds(1));
    EXPECT_EQ(alarm.rings, 0) << ms;
    fresh.advance(after(milliseconds(ms)) + 2 * DeadlineWheel::tick);
    EXPECT_EQ(alarm.rings, 1) << ms;
    fresh.advance(after(milliseconds(ms + 200000)));
    EXPECT_EQ(alarm.rings, 1) << ms;
    EXPECT_FALSE(alarm.armed());
  }
}

TEST_F(DeadlineWheelTest, WakesWhenItSaysAndThenRings) {
  for (int ms : {5, 80, 1234, 40000}) {
    DeadlineWheel fresh(start);
    Alarm alarm;
    fresh.arm(alarm, after(milliseconds(ms)));
    int wakes = 0;
    while (alarm.rings == 0) {
      auto next = fresh.next_wakeup();
      ASSERT_TRUE(next);
      fresh.advance(*next);
      ASSERT_LE(*next, after(milliseconds(ms)) + DeadlineWheel::tick);
      ASSERT_LT(++wakes, 4) << ms;
    }
  }
}

TEST_F(DeadlineWheelTest, SleepsForeverWithoutTimers) {
  EXPECT_FALSE(wheel.next_wakeup());
  Alarm alarm;
  wheel.arm(alarm, after(milliseconds(20)));
  wheel.advance(after(milliseconds(100)));
  EXPECT_FALSE(wheel.next_wakeup());
}

TEST_F(DeadlineWheelTest, DoesNotRingADisarmedTimer) {
  Alarm alarm;
  wheel.arm(alarm, after(milliseconds(20)));
  wheel.disarm(alarm);
  wheel.advance(after(milliseconds(100)));
  EXPECT_EQ(alarm.rings, 0);
}

TEST_F(DeadlineWheelTest, FollowsADeadlineThatMovesLaterAndEarlier) {
  Alarm later, earlier;
  wheel.arm(later, after(milliseconds(20)));
  wheel.arm(later, after(milliseconds(200)));
  wheel.arm(earlier, after(milliseconds(200)));
  wheel.arm(earlier, after(milliseconds(20)));
  wheel.advance(after(milliseconds(100)));
  EXPECT_EQ(later.rings, 0);
  EXPECT_EQ(earlier.rings, 1);
  wheel.advance(after(milliseconds(220)));
  EXPECT_EQ(later.rings, 1);
}

TEST_F(DeadlineWheelTest, RingsADeadlineOfThePastAtTheNextTick) {
  wheel.advance(after(milliseconds(5000)));
  Alarm alarm;
  wheel.arm(alarm, after(milliseconds(10)));
  wheel.advance(after(milliseconds(5000)) + 2 * DeadlineWheel::tick);
  EXPECT_EQ(alarm.rings, 1);
}

TEST_F(DeadlineWheelTest, RingsEverythingDueAfterALongPause) {
  std::vector<std::unique_ptr<Alarm>> alarms;
  for (int i = 0; i < 500; ++i) wheel.arm(*alarms.emplace_back(std::make_unique<Alarm>()), after(milliseconds(i * 97)));
  wheel.advance(after(std::chrono::hours(24)));
  for (auto& alarm : alarms) EXPECT_EQ(alarm->rings, 1);
}

TEST_F(DeadlineWheelTest, LetsACallbackArmDisarmAndDestroyOthers) {
  struct Busy : DeadlineWheel::Timer {
    Busy() : Timer([](DeadlineWheel::Timer& timer) {
        auto& self = static_cast<Busy&>(timer);
        self.victim.reset();
        self.wheel->disarm(*self.silenced);
        if (++self.rings == 1) self.wheel->arm(self, self.again);
      }) {}
    DeadlineWheel* wheel = nullptr;
    std::unique_ptr<Alarm> victim = std::make_unique<Alarm>();
    Alarm* silenced = nullptr;
    Steady again;
    int rings = 0;
  } busy;
  Alarm silenced;
  busy.wheel = &wheel;
  busy.silenced = &silenced;
  busy.again = after(milliseconds(300));
  wheel.arm(*busy.victim, after(milliseconds(50)));
  wheel.arm(silenced, after(milliseconds(50)));
  wheel.arm(busy, after(milliseconds(50)));  // the newest of a slot runs first
  wheel.advance(after(milliseconds(100)));
  EXPECT_EQ(busy.rings, 1);
  EXPECT_EQ(silenced.rings, 0);
  wheel.advance(after(milliseconds(330)));
  EXPECT_EQ(busy.rings, 2);
}

TEST_F(DeadlineWheelTest, AgreesWithAPlainListOverManyRandomSteps) {
  std::mt19937 random(7);
  std::vector<Alarm> alarms(64);
  std::vector<std::optional<Steady>> model(64);
  Steady now = start;
  for (int step = 0; step < 20000; ++step) {
    std::size_t i = random() % 64;
    if (random() % 8 == 0) {
      wheel.disarm(alarms[i]);
      model[i].reset();
    } else {
      model[i] = now + milliseconds(random() % 60000);
      wheel.arm(alarms[i], *model[i]);
    }
    now += milliseconds(random() % 200);
    for (Alarm& alarm : alarms) alarm.rings = 0;
    wheel.advance(now);
    for (std::size_t k = 0; k < 64; ++k) {
      bool may_ring = model[k] && *model[k] <= now;
      bool must_ring = model[k] && *model[k] + 2 * DeadlineWheel::tick <= now;
      ASSERT_LE(alarms[k].rings, may_ring ? 1 : 0);
      ASSERT_GE(alarms[k].rings, must_ring ? 1 : 0);
      if (alarms[k].rings > 0) model[k].reset();
    }
  }
}

}  // namespace
}  // namespace drishti::net
