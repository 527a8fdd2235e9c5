#include "metrics/busy_time.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace drishti::metrics {
namespace {

constexpr std::uint64_t second = 1'000'000'000;

TEST(BusyTime, IsTheIntegralOfWhatIsInProgress) {
  BusyTime busy;
  const std::uint64_t start = 77 * second;  // clocks do not begin at 0
  busy.begin(start);
  EXPECT_EQ(busy.read(start + second).busy_ns, second);
  busy.begin(start + 2 * second);
  EXPECT_EQ(busy.read(start + 3 * second).in_progress, 2u);
  EXPECT_EQ(busy.read(start + 3 * second).busy_ns, 4 * second);
  busy.end(start + 4 * second);
  busy.end(start + 5 * second);
  EXPECT_EQ(busy.read(start + 99 * second).busy_ns, 7 * second);
  EXPECT_EQ(busy.read(start + 99 * second).in_progress, 0u);
}

TEST(BusyTime, NeverFallsWhenTheReadersClockWasAhead) {
  BusyTime busy;
  busy.begin(10 * second);
  EXPECT_EQ(busy.read(20 * second).busy_ns, 10 * second);
  busy.end(19 * second);
  EXPECT_EQ(busy.read(21 * second).busy_ns, 10 * second);
}

TEST(BusyTime, AReaderBehindTheWritersClockSeesNothingNegative) {
  BusyTime busy;
  busy.begin(10 * second);
  EXPECT_EQ(busy.read(9 * second).busy_ns, 0u);
}

TEST(BusyTime, NeverFallsForOneReaderBecauseOfAnother) {
  BusyTime busy;
  busy.begin(10 * second);
  std::uint64_t seen_ahead = 0;
  std::thread ahead([&] { seen_ahead = busy.read(30 * second).busy_ns; });
  ahead.join();
  EXPECT_EQ(seen_ahead, 20 * second);
  EXPECT_EQ(busy.read(25 * second).busy_ns, 20 * second);
}

TEST(BusyTime, AReaderNeverSeesHalfAChange) {
  BusyTime busy;
  constexpr std::uint64_t now = 1'000'000 * second;  // half a change would be off by about this much
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int i = 0; i < 200'000; ++i) {
      busy.begin(now);
      busy.end(now + 1);
    }
    done = true;
  });
  std::uint64_t readings = 0, before = 0;
  while (!done || readings == 0) {
    const std::uint64_t value = busy.read(now + 1).busy_ns;
    ASSERT_LE(value, 400'000u);
    ASSERT_GE(value, before);
    before = value;
    ++readings;
  }
  writer.join();
  EXPECT_EQ(busy.read(now + 1).busy_ns, 200'000u);
}

}  // namespace
}  // namespace drishti::metrics
