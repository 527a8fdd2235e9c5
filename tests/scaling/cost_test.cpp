#include "metrics/scaling/cost.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drishti::scaling {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Cost, IsTheGuidesByDefault) {
  const std::string text = cost_text(CostPlan::of_the_guide(), std::nullopt);
  for (const char* part :
       {"total: $85\n", "2: Growth, from $1000: costs $200, 6.7 % of $3000, within the goal of 20 %",
        "3: Scale up, from $5000: costs $480, 6.4 % of $7500", "4: Scale out, from $10000: costs $1050, 6 % of $17500",
        "Today's phase is not known"})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_THAT(text, Not(HasSubstr("> ")));
}

std::optional<std::size_t> phase(const std::string& yaml, const std::optional<Today>& today = std::nullopt) {
  return phase_of(read_cost_plan(yaml), today);
}

TEST(Cost, FindsTodaysPhaseByWhateverHasGrownMost) {
  EXPECT_FALSE(phase(""));
  EXPECT_EQ(phase("revenue: 0"), 0u);
  EXPECT_EQ(phase("revenue: 999"), 0u);
  EXPECT_EQ(phase("revenue: 1000"), 1u);
  EXPECT_EQ(phase("revenue: 1e9"), 4u);
  EXPECT_EQ(phase("users: 100"), 0u);
  EXPECT_EQ(phase("users: 101"), 1u);
  EXPECT_EQ(phase("{users: 50, revenue: 6000}"), 2u);
  EXPECT_EQ(phase("", Today{2001, 0, 1, 1}), 3u);
  EXPECT_EQ(phase("", Today{10, 1'000'001, 1, 1}), 1u);
  EXPECT_EQ(phase("users: 5", Today{2001, 0, 1, 1}), 0u) << "the file knows better";
}

TEST(Cost, TellsWhatTheNextServerWouldCost) {
  CostPlan plan = read_cost_plan("{revenue: 500, current: {server: 60}}");
  EXPECT_THAT(cost_text(plan, Today{5, 0, 3, 5}),
              HasSubstr("The next server would cost $20, $115 in all: 23 % of $500, above the goal of 20 %.\n"
                        "The 2 more that the proxy advises would cost $40.\n"));
  plan = read_cost_plan("{replica_cost: 7.5, replicas: 2, goal_percent: 30, currency: EUR , revenue: 500}");
  EXPECT_THAT(cost_text(plan, std::nullopt), HasSubstr("The next server would cost EUR7.5, EUR92.5 in all: 18.5 % of EUR500"));
}

TEST(Cost, TakesPhasesOfItsOwn) {
  const CostPlan plan = read_cost_plan(
      "revenue: 50\nphases:\n  - {name: small, revenue: 10, server: 1}\n"
      "  - {name: big, revenue_from: 40, revenue: 100, requests_from: 9, server: 30, database: 5}\n");
  ASSERT_EQ(plan.phases.size(), 2u);
  EXPECT_THAT(cost_text(plan, std::nullopt), HasSubstr("> big, from $40: costs $35, 35 % of $100, above the goal"));
}

TEST(Cost, RefusesWhatItDoesNotUnderstandWithTheLine) {
  const std::pair<const char*, const char*> cases[] = {
      {"revenue: lots", "\"revenue\" is no amount in line 1"}, {"a: 1\n", "unknown \"a\" in line 1"},
      {"revenue: 1\nusers: -5\n", "\"users\" is no amount in line 2"}, {"users: .nan", "no amount"},
      {"users: .inf", "no amount"},  {"users: 1e300", "no amount"},
      {"current: {coffee: 5}", "unknown \"coffee\""},  {"current: 5", "a mapping is expected"},
      {"phases: []", "no list of phases"},  {"phases: [5]", "a mapping is expected"},
      {"phases:\n  - {name: [a]}\n", "\"name\" is no short text in line 2"}, {"[1, 2]", "a mapping is expected"},
      {"revenue: [", "in line"}, {"? {a: b}\n: c", "no short text"}};
  for (const auto& [yaml, reason] : cases) {
    try {
      read_cost_plan(yaml);
      ADD_FAILURE() << yaml;
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(error.what(), HasSubstr(reason)) << yaml;
    }
  }
}

TEST(Cost, TakesTodayFromTheProxy) {
  const Today today = read_today(R"({"traffic":{"concurrent_users":12,"requests_last_30_days":34},)"
                                 R"("upstreams":{"a":{"present_replicas":2,"required_replicas":3},)"
                                 R"("b":{"present_replicas":1,"required_replicas":1}}})");
  EXPECT_EQ(today.concurrent_users, 12);
  EXPECT_EQ(today.requests_last_30_days, 34);
  EXPECT_EQ(today.replicas, 3);
  EXPECT_EQ(today.required, 4);
  for (const char* text : {"", "{}", "[", "[]", "5"}) EXPECT_THROW(read_today(text), std::runtime_error) << text;
}

}  // namespace
}  // namespace drishti::scaling
