#include "http/date.hpp"

#include <gtest/gtest.h>

#include <ctime>

namespace drishti::http {
namespace {

TEST(HttpDate, AllThreeFormsMeanTheSame) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), 784111777);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), 784111777);
}

TEST(HttpDate, TwoDigitsOfAYearBelow70AreThisCentury) {
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-69 08:49:37 GMT"), 3150953377);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-70 08:49:37 GMT"), 26729377);
}

TEST(HttpDate, RefusesWhatIsNone) {
  for (const char* text :
       {"", "0", "-1", "now", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 29 Feb 1900 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT", "sun, 06 nov 1994 08:49:37 gmt", "Sun, 06 Xxx 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 CET", "Sun Nov 6 08:49:37 1994", "Su"}) {
    EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
  }
}

TEST(HttpDate, AgreesWithTheCLibraryOnEveryDay) {
  for (std::int64_t day = 0; day < 200 * 366; ++day) {
    const std::int64_t seconds = day * 86400 + day % 86400;
    const std::time_t time = seconds;
    std::tm parts{};
    gmtime_r(&time, &parts);
    char expected[64];
    std::strftime(expected, sizeof expected, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    ASSERT_EQ(http_date(seconds), expected);
    ASSERT_EQ(parse_http_date(expected), seconds);
  }
}

TEST(HttpDate, WritesNothingOutsideFourDigitYears) {
  EXPECT_EQ(http_date(-1), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(http_date(INT64_MAX), "Fri, 31 Dec 9999 23:59:59 GMT");
}

}  // namespace
}  // namespace drishti::http
