#include <gtest/gtest.h>

#include "context/variables.hpp"
#include "tests/support/context_builder.hpp"

namespace drishti::context {
namespace {

using tests::TestRequest;

std::string probe(TestRequest& request) {
  const auto& set = std::get<conf::SetOp>(request.context.server->root->rewrite.back().op);
  return std::string(evaluate(set.value, request.context));
}

std::string mapped(const std::string& map_block, const std::string& argument) {
  TestRequest request("set $probe $result;", map_block);
  request.get("/?v=" + argument);
  return probe(request);
}

TEST(Map, ComparesExactKeysWithoutCaseThenExpressionsInOrderThenDefault) {
  const std::string map = R"(map $arg_v $result {
      default none; "" empty; Abc exact; ~^a.c$ case; ~*^A.c$ any; ~^(?<first>.)x$ "got-$first"; ~^y(.)$ $1; })";
  const std::pair<const char*, const char*> cases[] = {
      {"ABC", "exact"}, {"abc", "exact"}, {"adc", "case"}, {"aDC", "any"}, {"", "empty"},
      {"zx", "got-z"},  {"y7", "7"},      {"other", "none"},
  };
  for (const auto& [value, expected] : cases) EXPECT_EQ(mapped(map, value), expected) << value;
}

TEST(Map, WithoutDefaultIsEmpty) { EXPECT_EQ(mapped("map $arg_v $result { a 1; }", "b"), ""); }

TEST(Map, HostnamesHaveWildcardsAndIgnoreATrailingDot) {
  const std::string map = R"(map $arg_v $result { hostnames; default none;
      example.com exact; *.example.com head; *.deep.example.com deeper; www.* tail; .both.org both; })";
  const std::pair<const char*, const char*> cases[] = {
      {"example.com", "exact"}, {"example.com.", "exact"},   {"a.example.com", "head"},
      {"a.b.example.com", "head"}, {"x.deep.example.com", "deeper"}, {"www.any", "tail"},
      {"both.org", "both"},     {"x.both.org", "both"},      {"notexample.com", "none"},
  };
  for (const auto& [value, expected] : cases) EXPECT_EQ(mapped(map, value), expected) << value;
}

TEST(Map, WildcardsMeanNothingWithoutHostnames) {
  EXPECT_EQ(mapped("map $arg_v $result { default none; *.example.com head; }", "a.example.com"), "none");
}

TEST(Map, IsEvaluatedOnceARequestUnlessVolatile) {
  const std::pair<const char*, const char*> cases[] = {{"", "1"}, {"volatile;", "2"}};
  for (const auto& [option, expected] : cases) {
    TestRequest request("set $probe $result;", "map $arg_v $result { " + std::string(option) + " 1 1; 2 2; }");
    request.get("/?v=1");
    EXPECT_EQ(probe(request), "1");
    request.context.args = "v=2";
    EXPECT_EQ(probe(request), expected);
  }
}

TEST(Map, MapsOfMapsAreFollowed) {
  const std::string maps = R"(map $arg_v $inner { a b; } map $inner $result { b "c$inner"; })";
  EXPECT_EQ(mapped(maps, "a"), "cb");
}

// Threat P11.
TEST(Map, AnExpressionThatExplodesIsNoMatchAndLogged) {
  TestRequest request("set $probe $result;", "map $arg_v $result { default none; \"~^(a|a?)+$\" hit; }");
  request.get("/?v=" + std::string(40, 'a') + "!");
  EXPECT_EQ(probe(request), "none");
  ASSERT_EQ(request.error_log.lines.size(), 1u);
  EXPECT_TRUE(request.error_log.lines[0].starts_with("regular expression match limit was reached in a map"));
}

TEST(Map, ThatNeedsItselfEndsAndIsLogged) {
  TestRequest request("set $probe $result;", "map $other $result { default $other; } map $result $other { default $result; }");
  EXPECT_EQ(probe(request), "");
  ASSERT_FALSE(request.error_log.lines.empty());
  EXPECT_TRUE(request.error_log.lines[0].starts_with("cycle while evaluating variable"));
}

}  // namespace
}  // namespace drishti::context
