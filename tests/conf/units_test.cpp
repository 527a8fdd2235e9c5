#include "conf/units.hpp"

#include <gtest/gtest.h>

namespace drishti::conf {
namespace {

using namespace std::chrono_literals;

TEST(Units, SizesTakeKMAndGInEitherCase) {
  EXPECT_EQ(parse_size("0"), 0u);
  EXPECT_EQ(parse_size("512"), 512u);
  EXPECT_EQ(parse_size("8k"), 8192u);
  EXPECT_EQ(parse_size("8K"), 8192u);
  EXPECT_EQ(parse_size("1m"), 1048576u);
  EXPECT_EQ(parse_size("2g"), 2147483648u);
}

TEST(Units, SizesInMemoryHaveNoG) { EXPECT_EQ(parse_size("2g", false), std::nullopt); }

TEST(Units, WrongSizesAreRefused) {
  for (const auto* text : {"", "k", "1kk", "1x", "-1", "+1", " 1", "1 k", "1.5k", "0x10"})
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
}

TEST(Units, SizesNeverOverflow) {
  EXPECT_EQ(parse_size("9223372036854775807"), 9223372036854775807u);
  for (const auto* text : {"9223372036854775808", "18446744073709551616", "9007199254740992k", "8589934592g"})
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
}

TEST(Units, TimesWithoutUnitAreSeconds) {
  EXPECT_EQ(parse_msec("30"), 30s);
  EXPECT_EQ(parse_msec("0"), 0s);
}

TEST(Units, TimesCombineFromLargeToSmall) {
  EXPECT_EQ(parse_msec("500ms"), 500ms);
  EXPECT_EQ(parse_msec("1h30m"), 90min);
  EXPECT_EQ(parse_msec("1h 30m"), 90min);
  EXPECT_EQ(parse_msec("1m30"), 90s);
  EXPECT_EQ(parse_msec("1w2d3h4m5s6ms"), 24h * 9 + 3h + 4min + 5s + 6ms);
  EXPECT_EQ(parse_msec("30m1h"), std::nullopt);
  EXPECT_EQ(parse_msec("1s1s"), std::nullopt);
}

TEST(Units, YearsAndMonthsAreForSecondsOnly) {
  EXPECT_EQ(parse_sec("1y"), 24h * 365);
  EXPECT_EQ(parse_sec("1M"), 24h * 30);
  EXPECT_EQ(parse_msec("1y"), std::nullopt);
  EXPECT_EQ(parse_msec("1M"), std::nullopt);
}

TEST(Units, MillisecondsAreNotForSeconds) {
  EXPECT_EQ(parse_sec("500ms"), std::nullopt);
  EXPECT_EQ(parse_sec("1s500ms"), std::nullopt);
  EXPECT_EQ(parse_sec("30s"), 30s);
}

TEST(Units, WrongTimesAreRefused) {
  for (const auto* text : {"", "s", "1q", "-1s", "1.5s", "s1", "99999999999999999999s", "9223372036854775807s"})
    EXPECT_EQ(parse_msec(text), std::nullopt) << text;
}

}  // namespace
}  // namespace drishti::conf
