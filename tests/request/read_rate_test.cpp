#include "request/read_rate.hpp"

#include <gtest/gtest.h>

namespace drishti::request {
namespace {

using std::chrono::milliseconds;
const net::Clock::Steady begun{std::chrono::hours(1)};

TEST(ReadRate, WithoutALimitNothingWaits) {
  ReadRate rate(0, begun);
  rate.count(1u << 30);
  EXPECT_EQ(rate.delay(begun).count(), 0);
  EXPECT_EQ(rate.most(4096), 4096u);
}

TEST(ReadRate, WaitsUntilTheAverageIsTheRate) {
  ReadRate rate(1000, begun);
  EXPECT_EQ(rate.delay(begun).count(), 0);
  rate.count(2500);
  EXPECT_EQ(rate.delay(begun), milliseconds(2500));
  EXPECT_EQ(rate.delay(begun + milliseconds(2000)), milliseconds(500));
  EXPECT_EQ(rate.delay(begun + milliseconds(9000)), milliseconds(0));
}

TEST(ReadRate, ReadsASecondsWorthAtMostAtOnce) {
  EXPECT_EQ(ReadRate(1000, begun).most(4096), 1000u);
  EXPECT_EQ(ReadRate(5000, begun).most(4096), 4096u);
}

TEST(ReadRate, CountsWithoutOverflow) {
  ReadRate rate(std::uint64_t{1} << 40, begun);
  rate.count(std::uint64_t{1} << 62);
  EXPECT_EQ(rate.delay(begun), std::chrono::seconds(1 << 22));
}

}  // namespace
}  // namespace drishti::request
