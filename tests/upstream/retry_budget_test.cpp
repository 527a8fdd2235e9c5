#include "upstream/retry_budget.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "balancer_support.hpp"

namespace drishti::upstream {
namespace {

conf::RetryBudgetSettings budget(int percent, int least) { return {true, percent, least}; }

TEST(RetryBudget, AllowsAShareOfWhatIsActiveAndTheLeastInAnyCase) {
  struct {
    int percent, least;
    std::int64_t active, repeats;
    bool expected;
  } cases[] = {
      {20, 3, 0, 0, true},       {20, 3, 0, 2, true},      {20, 3, 0, 3, false},  {20, 3, 15, 3, false},
      {20, 3, 20, 3, true},      {20, 3, 20, 4, false},    {20, 3, 1000, 199, true}, {20, 3, 1000, 200, false},
      {0, 0, 1000, 0, false},    {0, 1, 1000, 0, true},    {100, 0, 7, 6, true},  {100, 0, 7, 7, false},
      {50, 100, 10, 99, true},   {50, 100, 10, 100, false}, {50, 100, 400, 199, true}, {50, 100, 400, 200, false},
  };
  for (const auto& c : cases)
    EXPECT_EQ(allows_repeat(budget(c.percent, c.least), c.active, c.repeats), c.expected)
        << c.percent << "% min=" << c.least << ": " << c.repeats << " of " << c.active;
}

TEST(RetryBudget, OffAllowsAnyNumber) {
  EXPECT_TRUE(allows_repeat({false, 0, 0}, 0, 1'000'000));
}

TEST(RetryBudget, ARequestIsCountedOnceHoweverOftenItIsRepeatedAndUntilItEnds) {
  auto count = std::make_shared<RetryCount>();
  {
    RepeatLease repeat;
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(repeat.take(count, budget(0, 1), 10));
    EXPECT_EQ(count->value(), 1);
    RepeatLease other;
    EXPECT_FALSE(other.take(count, budget(0, 1), 10));
    repeat.release();
    EXPECT_TRUE(other.take(count, budget(0, 1), 10));
    RepeatLease moved = std::move(other);
    EXPECT_EQ(count->value(), 1);
  }
  EXPECT_EQ(count->value(), 0);
}

// A group of which one server of two dies has half of its requests to repeat at once.
TEST(RetryBudget, TheDefaultIsEnoughForTheLossOfEveryOtherServer) {
  const conf::RetryBudgetSettings usual;
  for (const std::int64_t active : {2, 64, 200, 1000, 20000})
    EXPECT_TRUE(allows_repeat(usual, active, active / 2 - 1)) << active;
  EXPECT_FALSE(allows_repeat(usual, 1000, 500));
}

TEST(RetryBudget, IsOfTheGroupWhoeverAsksAndAcrossReloads) {
  auto config = upstream_of({{"10.0.0.1"}, {"10.0.0.2"}});
  Fixture f(config);
  const auto before = f.balancer->peers().repeats;
  config->servers[0].weight = 7;
  f.publish(*config);
  EXPECT_EQ(f.balancer->peers().repeats, before);
  PickRequest request;
  const PeerLease one = f.balancer->pick(request), two = f.balancer->pick(request);
  EXPECT_EQ(f.balancer->active(), 2);
}

}  // namespace
}  // namespace drishti::upstream
