// Status pages, and the numbers that counters are found by.
#include <gtest/gtest.h>

#include "tests/conf/analyser_support.hpp"

namespace drishti::conf {
namespace {

StatusPage page_of(const std::string& text) {
  return only_location(*analyse_text("http { server { location / { " + text + " } } }"))->status_page;
}

TEST(StatusPages, TheLastOneThatWantsToAnswerDoes) {
  EXPECT_EQ(page_of(""), StatusPage::none);
  EXPECT_EQ(page_of("metrics;"), StatusPage::metrics);
  EXPECT_EQ(page_of("stub_status;"), StatusPage::stub_status);
  EXPECT_EQ(page_of("stub_status on;"), StatusPage::stub_status);
  EXPECT_EQ(page_of("scaling_status;"), StatusPage::scaling_status);
  EXPECT_EQ(page_of("metrics; proxy_pass http://127.0.0.1:9;"), StatusPage::none);
  const auto config = analyse_text("http { server { location / { proxy_pass http://127.0.0.1:9; metrics; } } }");
  EXPECT_FALSE(only_location(*config)->proxy_pass);
}

TEST(StatusPages, OfAServerAnswerWhereNoLocationDoes) {
  const auto config = analyse_text("http { server { stub_status; location /x { } } }");
  EXPECT_EQ(config->servers[0]->root->status_page, StatusPage::stub_status);
  EXPECT_EQ(only_location(*config)->status_page, StatusPage::none);
}

TEST(StatusPages, AnIfAnswersAsTheLocationAroundIt) {
  const auto config = analyse_text("http { server { location / { metrics; if ($arg_a) { set $b 1; } } } }");
  const auto& branch = std::get<IfOp>(only_location(*config)->rewrite.at(0).op);
  EXPECT_EQ(branch.location->status_page, StatusPage::metrics);
}

TEST(StatusPages, AreWrittenInYamlAsInNginxsGrammar) {
  const auto tree = read_yaml_text("http:\n  server:\n    listen: 80\n    location /m:\n      metrics: true\n", "test.yaml");
  EXPECT_EQ(only_location(*analyse(tree, test_options()))->status_page, StatusPage::metrics);
}

TEST(StatusPages, TakeNoOtherArguments) {
  EXPECT_NE(error_in_location("metrics on;"), "");
  EXPECT_NE(error_in_location("scaling_status on;"), "");
  EXPECT_NE(error_in_location("stub_status a b;"), "");
  EXPECT_NE(error_in_http("metrics;"), "");
}

TEST(Numbers, FollowTheFileAndAnIfHasThatOfItsLocation) {
  const auto config = analyse_text(
      "http { server { location /a { location /a/b { if ($arg_x) { return 204; } } } location /c { } } server { } }");
  const Server& first = *config->servers[0];
  EXPECT_EQ(first.number, 0u);
  EXPECT_EQ(config->servers[1]->number, 1u);
  EXPECT_EQ(first.root->number, 0u);
  const Location& inner = *first.root->children[0]->children[0];
  EXPECT_EQ(first.root->children[0]->number, 1u);
  EXPECT_EQ(inner.number, 2u);
  EXPECT_EQ(std::get<IfOp>(inner.rewrite[0].op).location->number, 2u);
  EXPECT_EQ(first.root->children[1]->number, 3u);
  EXPECT_EQ(config->servers[1]->root->number, 4u);
}

}  // namespace
}  // namespace drishti::conf
