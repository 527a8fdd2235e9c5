// What Redis could not be told.

#include "cache/pending_removals.hpp"

#include <gtest/gtest.h>

namespace drishti::cache {
namespace {

TEST(PendingRemovals, HideAKeyUntilItIsRemoved) {
  PendingRemovals pending;
  EXPECT_FALSE(pending.any());
  pending.add("a");
  EXPECT_TRUE(pending.hides("a"));
  EXPECT_FALSE(pending.hides("b"));
  const PendingRemovals::Work work = pending.take();
  ASSERT_EQ(work.keys.size(), 1U);
  EXPECT_TRUE(pending.hides("a"));
  pending.done("a");
  pending.give_back();
  EXPECT_FALSE(pending.hides("a"));
  EXPECT_FALSE(pending.any());
}

TEST(PendingRemovals, AreMadeUpForByOneAtATime) {
  PendingRemovals pending;
  pending.add("a");
  EXPECT_FALSE(pending.take().empty());
  EXPECT_TRUE(pending.take().empty());
  pending.give_back();
  EXPECT_FALSE(pending.take().empty());
}

TEST(PendingRemovals, HideEverythingWhenThereAreTooMany) {
  PendingRemovals pending;
  for (std::size_t i = 0; i <= PendingRemovals::most; ++i) pending.add(std::to_string(i));
  EXPECT_TRUE(pending.hides("never removed"));
  const PendingRemovals::Work work = pending.take();
  EXPECT_TRUE(work.everything);
  EXPECT_EQ(work.keys.size(), PendingRemovals::most);
  for (const std::string& key : work.keys) pending.done(key);
  EXPECT_TRUE(pending.hides("never removed"));
  pending.everything_done();
  EXPECT_FALSE(pending.any());
}

}  // namespace
}  // namespace drishti::cache
