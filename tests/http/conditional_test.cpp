// Range and entity tags; what nginx 1.22 answers decides where RFC 9110 14 leaves it open.

#include <gtest/gtest.h>

#include <string>

#include "http/etag.hpp"
#include "http/range.hpp"

namespace drishti::http {
namespace {

/// Ranges of an entity of 10 bytes, at most 3: `0-1 3-4`, or `whole`, or `416`.
std::string ranges(std::string_view value, std::uint64_t size = 10, std::size_t max_ranges = 3) {
  std::vector<ByteRange> found;
  const RangeOutcome outcome = parse_range(value, size, max_ranges, found);
  if (outcome == RangeOutcome::ignored) return found.empty() ? "whole" : "?";
  if (outcome == RangeOutcome::unsatisfiable) return found.empty() ? "416" : "?";
  std::string text;
  for (const ByteRange& range : found) text += std::to_string(range.first) + "-" + std::to_string(range.last) + " ";
  return text;
}

TEST(Range, AnswersAsNginx) {
  const std::pair<const char*, const char*> cases[] = {
      {"bytes=0-0", "0-0 "},
      {"bytes=0-0,1-1", "0-0 1-1 "},
      {"bytes=0-0,1-1,2-2,3-3", "whole"},
      {"bytes=5-2", "416"},
      {"bytes=10-", "416"},
      {"bytes=-0", "416"},
      {"bytes=-3", "7-9 "},
      {"bytes=-20", "0-9 "},
      {"bytes=0-99", "0-9 "},
      {"bytes=9-", "9-9 "},
      {"bytes= 0-1 , 2-3", "0-1 2-3 "},
      {"bytes=0-1,", "416"},
      {"bytes=,0-1", "416"},
      {"BYTES=0-1", "0-1 "},
      {"bytes=0-1,50-60", "0-1 "},
      {"bytes=a-b", "416"},
      {"items=0-1", "whole"},
      {"bytes=0-5,1-9", "whole"},
      {"bytes=0-9,0-9", "whole"},
      {"bytes=-", "416"},
      {"bytes=", "whole"},
      {"bytes", "whole"},
      {"", "whole"},
      {"bytes=0 - 1", "0-1 "},
      {"bytes=99999999999999999999-", "416"},
      {"bytes=0-99999999999999999999", "416"},
      {"bytes=5-2,0-1", "0-1 "},
      {"bytes=50-60,70-80", "416"},
      {"bytes=-0,0-1", "0-1 "},
      {"bytes=0-1 2-3", "416"},
      {"bytes=0-9", "0-9 "},
  };
  for (const auto& [value, expected] : cases) EXPECT_EQ(ranges(value), expected) << value;
}

TEST(Range, IsOffWithoutRangesAllowedOrBytes) {
  EXPECT_EQ(ranges("bytes=0-1", 10, 0), "whole");
  EXPECT_EQ(ranges("bytes=0-1", 0), "whole");
}

TEST(Range, H25AThousandRangesAreNotCollected) {
  std::string value = "bytes=0-0";
  for (int i = 0; i < 1000; ++i) value += ",1-1";
  EXPECT_EQ(ranges(value, 1 << 20, 200), "whole");
}

TEST(Etag, WeakComparisonIgnoresTheMark) {
  EXPECT_TRUE(etag_equal("\"a\"", "W/\"a\"", EtagComparison::weak));
  EXPECT_FALSE(etag_equal("\"a\"", "W/\"a\"", EtagComparison::strong));
  EXPECT_FALSE(etag_equal("W/\"a\"", "W/\"a\"", EtagComparison::strong));
  EXPECT_TRUE(etag_equal("\"a\"", "\"a\"", EtagComparison::strong));
  EXPECT_FALSE(etag_equal("\"a\"", "\"A\"", EtagComparison::weak));
  EXPECT_FALSE(etag_equal("a", "a", EtagComparison::weak));
  EXPECT_FALSE(etag_equal("", "", EtagComparison::weak));
}

TEST(Etag, IsFoundInALists) {
  const auto weak = EtagComparison::weak;
  EXPECT_TRUE(etag_in_list("\"x\", W/\"a\" , \"b\"", "\"a\"", weak));
  EXPECT_TRUE(etag_in_list("\"a,b\"", "\"a,b\"", weak));
  EXPECT_FALSE(etag_in_list("\"a,b\"", "\"a\"", weak));
  EXPECT_TRUE(etag_in_list(" * ", "\"a\"", weak));
  EXPECT_FALSE(etag_in_list("\"x\"", "\"a\"", weak));
  EXPECT_FALSE(etag_in_list("x, \"a\"", "\"a\"", weak));
  EXPECT_FALSE(etag_in_list("\"x\"\"a\"", "\"a\"", weak));
  EXPECT_FALSE(etag_in_list("\"a", "\"a\"", weak));
  EXPECT_FALSE(etag_in_list("", "\"a\"", weak));
}

}  // namespace
}  // namespace drishti::http
