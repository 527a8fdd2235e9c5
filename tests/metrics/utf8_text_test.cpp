#include "metrics/utf8_text.hpp"

#include <gtest/gtest.h>

namespace drishti::metrics {
namespace {

TEST(Utf8Text, KeepsCharactersAndReplacesBytesThatAreNone) {
  EXPECT_EQ(utf8_text("/caf\xC3\xA9/\xE2\x82\xAC\xF0\x9F\x98\x80"), "/caf\xC3\xA9/\xE2\x82\xAC\xF0\x9F\x98\x80");
  EXPECT_EQ(utf8_text("/caf\xE9/"), "/caf\xEF\xBF\xBD/");
  EXPECT_EQ(utf8_text("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD");                      // overlong
  EXPECT_EQ(utf8_text("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a surrogate
  EXPECT_EQ(utf8_text("cut \xE2\x82"), "cut \xEF\xBF\xBD\xEF\xBF\xBD");
}

}  // namespace
}  // namespace drishti::metrics
