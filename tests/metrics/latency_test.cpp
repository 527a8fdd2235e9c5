#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "metrics/family.hpp"
#include "metrics/histogram.hpp"

namespace drishti::metrics {
namespace {

std::size_t searched_bucket(std::uint64_t ns) {
  return static_cast<std::size_t>(std::lower_bound(latency_bounds.begin(), latency_bounds.end(), ns) -
                                  latency_bounds.begin());
}

TEST(Latency, ABoundBelongsToItsOwnBucket) {
  for (std::size_t i = 0; i < latency_bounds.size(); ++i) {
    EXPECT_EQ(latency_bucket(latency_bounds[i] - 1), i);
    EXPECT_EQ(latency_bucket(latency_bounds[i]), i);
    EXPECT_EQ(latency_bucket(latency_bounds[i] + 1), i + 1);
  }
}

TEST(Latency, EveryDurationFallsWhereASearchFindsIt) {
  std::mt19937_64 random(4);
  for (int shift = 0; shift < 64; ++shift)
    for (int i = 0; i < 500; ++i) {
      const std::uint64_t ns = random() >> shift;
      ASSERT_EQ(latency_bucket(ns), searched_bucket(ns)) << ns;
    }
  EXPECT_EQ(latency_bucket(0), 0u);
  EXPECT_EQ(latency_bucket(std::numeric_limits<std::uint64_t>::max()), latency_bounds.size());
}

TEST(Latency, ANegativeDurationCountsAsNone) {
  Histogram histogram;
  histogram.observe(std::chrono::nanoseconds{-5});
  EXPECT_EQ(histogram.bucket(0), 1u);
  EXPECT_EQ(histogram.sum_ns(), 0u);
}

TEST(Latency, WorkersAreSummedAndBucketsCumulate) {
  Histogram one, two;
  one.observe(std::chrono::milliseconds{2});
  two.observe(std::chrono::milliseconds{2});
  two.observe(std::chrono::seconds{60});
  HistogramTotals totals;
  totals.add(one);
  totals.add(two);
  const auto family = Family::histogram("x_seconds", "X.").add({{"a", "b"}}, totals).take();
  const auto& histogram = family.metric.at(0).histogram;
  EXPECT_EQ(histogram.sample_count, 3u);
  EXPECT_DOUBLE_EQ(histogram.sample_sum, 60.004);
  ASSERT_EQ(histogram.bucket.size(), 15u);
  EXPECT_EQ(histogram.bucket[1].cumulative_count, 0u);
  EXPECT_DOUBLE_EQ(histogram.bucket[2].upper_bound, 0.0025);
  EXPECT_EQ(histogram.bucket[2].cumulative_count, 2u);
  EXPECT_EQ(histogram.bucket[13].cumulative_count, 2u);
  EXPECT_EQ(histogram.bucket[14].cumulative_count, 3u);
}

}  // namespace
}  // namespace drishti::metrics
