// RFC 9110 13.2.2 against bare validators; with a stored response: tests/cache/validation_test.cpp.

#include "http/preconditions.hpp"

#include <gtest/gtest.h>

namespace drishti::http {
namespace {

constexpr std::int64_t sunday = 784111777;
constexpr const char* sunday_text = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr const char* saturday_text = "Sat, 05 Nov 1994 08:49:37 GMT";

FieldList one(std::string_view name, std::string_view value) {
  FieldList fields;
  fields.add({name, value, field_id(name)});
  return fields;
}

Precondition evaluate(std::string_view name, std::string_view value, const Validators& validators) {
  return evaluate_preconditions(one(name, value), validators);
}

TEST(Preconditions, AStarIsForWhatExists) {
  EXPECT_EQ(evaluate("If-Match", "*", {}), Precondition::proceed);
  EXPECT_EQ(evaluate("If-None-Match", "*", {}), Precondition::not_modified);
}

TEST(Preconditions, WithoutAValidatorNothingMatches) {
  EXPECT_EQ(evaluate("If-Match", "\"a\"", {}), Precondition::failed);
  EXPECT_EQ(evaluate("If-None-Match", "\"a\"", {}), Precondition::proceed);
  EXPECT_EQ(evaluate("If-Modified-Since", sunday_text, {}), Precondition::proceed);
  EXPECT_EQ(evaluate("If-Unmodified-Since", saturday_text, {}), Precondition::proceed);
}

TEST(Preconditions, DatesCompareToTheSecond) {
  const Validators validators{.etag = "", .modified = sunday};
  EXPECT_EQ(evaluate("If-Modified-Since", sunday_text, validators), Precondition::not_modified);
  EXPECT_EQ(evaluate("If-Modified-Since", saturday_text, validators), Precondition::proceed);
  EXPECT_EQ(evaluate("If-Unmodified-Since", sunday_text, validators), Precondition::proceed);
  EXPECT_EQ(evaluate("If-Unmodified-Since", saturday_text, validators), Precondition::failed);
}

TEST(Preconditions, IfRangeNeedsTheVerySameState) {
  const Validators validators{.etag = "\"a\"", .modified = sunday};
  EXPECT_TRUE(if_range_holds(one("If-Range", "\"a\""), validators));
  EXPECT_FALSE(if_range_holds(one("If-Range", "W/\"a\""), validators));
  EXPECT_TRUE(if_range_holds(one("If-Range", sunday_text), validators));
  EXPECT_FALSE(if_range_holds(one("If-Range", saturday_text), validators));
  EXPECT_FALSE(if_range_holds(one("If-Range", "x"), {})) << "no date is not the same as no Last-Modified";
}

}  // namespace
}  // namespace drishti::http
