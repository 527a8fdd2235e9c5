// A million random requests with CACHE_PROPERTY_REQUESTS=1000000; otherwise as many as take a few seconds.

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "tests/scenarios/cache_property.hpp"

namespace drishti::testing::property {
namespace {

void holds(bool with_redis, std::uint64_t few) {
  Options options;
  const char* many = std::getenv("CACHE_PROPERTY_REQUESTS");
  options.requests = many != nullptr ? std::strtoull(many, nullptr, 10) : few;
  options.with_redis = with_redis;
  const Report report = run(options);
  std::printf("%s\n", report.text().c_str());
  EXPECT_EQ(report.fault_count, 0u) << report.text();
  EXPECT_GT(report.hits, report.requests / 10) << "it must be the cache that answers";
  EXPECT_GT(report.revalidated, 0u);
  // Ages are held to the program's clock, and that to ours: it stands still within a turn of the loop, however long that is
  // on a busy machine, but not on the whole.
  EXPECT_LT(report.late_clocks, report.requests / 2);
}

TEST(CacheProperty, NoAnswerReachesTheWrongUserOrIsTooOld) { holds(false, 30'000); }
TEST(CacheProperty, TheSameWithTwoProxiesOnOneRedis) { holds(true, 20'000); }

}  // namespace
}  // namespace drishti::testing::property
