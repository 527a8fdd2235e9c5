// Which peers are worse than their siblings.
#include "health/outlier_detection.hpp"

#include <gtest/gtest.h>

#include <set>

namespace drishti::health {
namespace {

using std::chrono::milliseconds;

Sibling sibling(std::uint32_t requests, std::uint32_t failures, std::size_t place = 0, bool in_use = true) {
  Sibling made;
  made.counts[place] = {requests, failures};
  made.is_in_use = in_use;
  return made;
}

std::set<std::size_t> outliers(const std::vector<Sibling>& siblings, OutlierLimits limits = {20, 50, milliseconds(1000)}) {
  std::set<std::size_t> found;
  for (const Outlier& outlier : find_outliers(siblings, limits)) found.insert(outlier.index);
  return found;
}

using Found = std::set<std::size_t>;

TEST(OutlierDetection, EjectsTheOneThatFailsMore) {
  EXPECT_EQ(outliers({sibling(100, 50), sibling(100, 0), sibling(100, 1)}), Found{0});
  EXPECT_EQ(outliers({sibling(100, 0), sibling(100, 100)}), Found{1});
}

TEST(OutlierDetection, EjectsNobodyWhenAllFailAlike) {
  EXPECT_EQ(outliers({sibling(100, 100), sibling(100, 100), sibling(100, 100)}), Found{});
  EXPECT_EQ(outliers({sibling(100, 45), sibling(100, 30), sibling(100, 25)}), Found{});
  EXPECT_EQ(outliers({sibling(100, 9), sibling(100, 0), sibling(100, 0)}), Found{}) << "ten points are needed";
}

TEST(OutlierDetection, ComparesWithinALocation) {
  // Its only requests went to a location that is broken everywhere; the siblings served another one well, too.
  Sibling only_poison = sibling(100, 100, 1);
  Sibling mixed = sibling(1000, 0, 0);
  mixed.counts[1] = {100, 100};
  EXPECT_EQ(outliers({only_poison, mixed, mixed}), Found{});
}

TEST(OutlierDetection, NeedsEnoughRequestsOfBothSides) {
  EXPECT_EQ(outliers({sibling(19, 19), sibling(100, 0)}), Found{});
  EXPECT_EQ(outliers({sibling(20, 20), sibling(19, 0)}), Found{});
  EXPECT_EQ(outliers({sibling(20, 20), sibling(20, 0)}), Found{0});
  EXPECT_EQ(outliers({sibling(100, 100)}), Found{}) << "nobody to compare with";
}

TEST(OutlierDetection, NeverEmptiesTheHealthyShare) {
  const Sibling bad = sibling(100, 90), worse = sibling(100, 100), good = sibling(100, 0);
  EXPECT_EQ(outliers({bad, worse, good, good}), (Found{0, 1}));
  EXPECT_EQ(outliers({bad, worse, good, good}, {20, 75, milliseconds(1000)}), Found{1}) << "the worst one goes first";
  EXPECT_EQ(outliers({bad, good}, {20, 100, milliseconds(1000)}), Found{});
  const Sibling out = sibling(0, 0, 0, false);
  EXPECT_EQ(outliers({out, bad, good, good}), Found{1});
  EXPECT_EQ(outliers({out, out, bad, good}), Found{}) << "those that are out already count";
}

TEST(OutlierDetection, SaysWhy) {
  const auto found = find_outliers(std::vector{sibling(100, 50), sibling(100, 2)}, {20, 50, milliseconds(1000)});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].reason, "50 of 100 requests failed at a location where its siblings fail 2%");
}

TEST(OutlierDetection, EjectionsGrowAndAreSpread) {
  const OutlierLimits limits{20, 50, milliseconds(1000)};
  EXPECT_EQ(ejection_time(limits, 0, 0.5), milliseconds(1000));
  EXPECT_EQ(ejection_time(limits, 0, 0), milliseconds(800));
  EXPECT_EQ(ejection_time(limits, 0, 1), milliseconds(1200));
  EXPECT_EQ(ejection_time(limits, 2, 0.5), milliseconds(3000));
  EXPECT_EQ(ejection_time(limits, 500, 0.5), milliseconds(10000));
}

TEST(OutlierDetection, QuietTimeForgetsEjections) {
  const OutlierLimits limits{20, 50, milliseconds(1000)};
  EXPECT_EQ(forget_ejections(3, limits, milliseconds(0)), 3);
  EXPECT_EQ(forget_ejections(3, limits, milliseconds(2500)), 1);
  EXPECT_EQ(forget_ejections(3, limits, milliseconds(60000)), 0);
}

TEST(OutlierTally, CountsByPlaceAndIsTakenOnce) {
  OutlierTally tally;
  tally.count(0, false);
  tally.count(0, true);
  tally.count(99, true);
  const PlaceCounts counts = tally.take();
  EXPECT_EQ(counts[0].requests, 2u);
  EXPECT_EQ(counts[0].failures, 1u);
  EXPECT_EQ(counts[outlier_places - 1].failures, 1u);
  EXPECT_EQ(tally.take()[0].requests, 0u);
}

}  // namespace
}  // namespace drishti::health
