#include "cache/memory_store.hpp"

#include <gtest/gtest.h>


#include "tests/cache/responses.hpp"

namespace drishti::cache {
namespace {

using testing::body_of;
using testing::response_for;

constexpr KeyHash fixed_seed{0x1234567890abcdef, 0xfedcba0987654321};

struct MemoryStoreTest : ::testing::Test {
  MemoryStore store{1 << 20, {.seed = fixed_seed}};

  static std::string key(std::size_t number) { return "key" + std::to_string(number); }
  StoredResponsePtr find(const std::string& text) { return store.find(hash_key(text), text); }
  Ticket ticket(const std::string& text) { return store.ticket(hash_key(text)); }
  bool insert(const std::string& text, std::string_view body = "", std::uint64_t token = 0) {
    return store.insert(hash_key(text), response_for(text, body, token), ticket(text));
  }
  bool insert_with(const std::string& text, Ticket with) {
    return store.insert(hash_key(text), response_for(text), with);
  }
  std::size_t fill(std::size_t count, std::size_t body = 0) {
    for (std::size_t i = 0; i < count; ++i) insert(key(i), std::string(body, 'x'));
    return store.stats().entries;
  }
};

TEST_F(MemoryStoreTest, FindsWhatWasInserted) {
  EXPECT_EQ(find("a"), nullptr);
  EXPECT_TRUE(insert("a", "body"));
  ASSERT_NE(find("a"), nullptr);
  EXPECT_EQ(body_of(*find("a")), "body");
  EXPECT_EQ(find("b"), nullptr);
}

TEST_F(MemoryStoreTest, AnswersOnlyUnderExactlyTheKeyWhenHashesCollide) {
  ASSERT_TRUE(store.insert(hash_key("a"), response_for("a"), store.ticket(hash_key("a"))));
  EXPECT_EQ(store.find(hash_key("a"), "b"), nullptr);
  ASSERT_TRUE(store.insert(hash_key("a"), response_for("b"), store.ticket(hash_key("a"))));
  EXPECT_EQ(store.find(hash_key("a"), "a"), nullptr);
  EXPECT_NE(store.find(hash_key("a"), "b"), nullptr);
}

TEST_F(MemoryStoreTest, ReplacesWhatStoodThere) {
  insert("a", "first");
  const std::uint64_t bytes = store.stats().bytes;
  insert("a", std::string(1000, 's'));
  EXPECT_EQ(find("a")->body_size(), 1000U);
  EXPECT_EQ(store.stats().entries, 1U);
  EXPECT_NEAR(static_cast<double>(store.stats().bytes - bytes), 995, 16);
}

TEST_F(MemoryStoreTest, AnotherFormReplacesOnlyTheVeryResponse) {
  insert("a", "body");
  const StoredResponsePtr before = find("a");
  const StoredResponsePtr after = before->with_coded(http::ContentCoding::gzip, std::make_shared<const std::string>(3000, 'g'));
  const std::uint64_t bytes = store.stats().bytes;
  EXPECT_TRUE(store.replace(hash_key("a"), before, after));
  EXPECT_EQ(find("a"), after);
  EXPECT_EQ(store.stats().bytes, bytes + after->memory() - before->memory()) << "what is coded counts";
  EXPECT_FALSE(store.replace(hash_key("a"), before, before)) << "it stands there no more";
  store.remove(hash_key("a"));
  EXPECT_FALSE(store.replace(hash_key("a"), after, after)) << "what was purged does not come back";
  EXPECT_EQ(store.stats().bytes, 0U);
  insert("a", "body");
  const StoredResponsePtr small = find("a");
  EXPECT_FALSE(store.replace(hash_key("a"), small, small->with_coded(http::ContentCoding::gzip, std::make_shared<const std::string>(200'000, 'g'))));
  EXPECT_EQ(find("a"), small) << "too large for the zone: it stays as it is";
}

TEST_F(MemoryStoreTest, KeepsAResponseAliveForThoseWhoHoldIt) {
  insert("a", "body");
  const StoredResponsePtr held = find("a");
  EXPECT_TRUE(store.remove(hash_key("a")));
  EXPECT_EQ(find("a"), nullptr);
  EXPECT_EQ(body_of(*held), "body");
  EXPECT_EQ(held.use_count(), 1);
}

TEST_F(MemoryStoreTest, FindsEverythingThatFits) {
  const std::size_t count = fill(2000);
  ASSERT_EQ(count, 2000U);
  for (std::size_t i = 0; i < count; ++i) ASSERT_NE(find(key(i)), nullptr) << i;
  EXPECT_EQ(store.stats().evictions, 0U);
}

TEST_F(MemoryStoreTest, CountsToNothingWhenAllIsRemoved) {
  fill(1000, 100);
  EXPECT_GT(store.stats().bytes, 100'000U);
  for (std::size_t i = 0; i < 1000; ++i) EXPECT_TRUE(store.remove(hash_key(key(i))));
  EXPECT_FALSE(store.remove(hash_key(key(1))));
  EXPECT_EQ(store.stats().entries, 0U);
  EXPECT_EQ(store.stats().bytes, 0U);
}

TEST_F(MemoryStoreTest, RefusesATicketFromBeforeARemoval) {
  const Ticket before = ticket("a");
  EXPECT_FALSE(store.remove(hash_key("a")));  // there was nothing; still an answer on its way is outdated
  EXPECT_FALSE(insert_with("a", before));
  EXPECT_EQ(find("a"), nullptr);
  EXPECT_EQ(store.stats().refused, 1U);
  EXPECT_TRUE(insert_with("a", ticket("a")));
}

TEST_F(MemoryStoreTest, RefusesEveryTicketFromBeforeAClear) {
  std::vector<Ticket> before;
  for (std::size_t i = 0; i < 500; ++i) before.push_back(ticket(key(i)));
  fill(500);
  store.clear();
  EXPECT_EQ(store.stats().entries, 0U);
  EXPECT_EQ(store.stats().bytes, 0U);
  for (std::size_t i = 0; i < 500; ++i) EXPECT_FALSE(insert_with(key(i), before[i]));
  EXPECT_EQ(fill(500), 500U);
}

TEST_F(MemoryStoreTest, AcceptsATicketAlthoughOtherKeysWereRemoved) {
  const Ticket before = ticket("a");
  std::size_t refused = 0;
  for (std::size_t i = 0; i < 100; ++i) {
    const Ticket mine = ticket("a");
    store.remove(hash_key(key(i)));
    refused += !insert_with("a", mine);
  }
  EXPECT_LE(refused, 2U);  // 4,096 counters for all keys
  EXPECT_EQ(insert_with("a", before), refused == 0);
}

TEST_F(MemoryStoreTest, RefusesWhatIsNoResponseOrTooLarge) {
  EXPECT_FALSE(store.insert(hash_key("a"), nullptr, ticket("a")));
  EXPECT_FALSE(insert("a", std::string((1 << 20) / 8, 'x')));
  EXPECT_TRUE(insert("a", std::string((1 << 20) / 8 - 1000, 'x')));
  EXPECT_EQ(store.stats().refused, 2U);
  MemoryStore half(1 << 20, {.largest_share = 2});
  EXPECT_TRUE(half.insert(hash_key("a"), response_for("a", std::string(500'000, 'x')), half.ticket(hash_key("a"))));
}

TEST_F(MemoryStoreTest, DropsWhatATooLargeAnswerOvertook) {
  insert("a", "old");
  const Ticket before = ticket("a");
  EXPECT_FALSE(insert("a", std::string(1 << 20, 'x')));
  EXPECT_EQ(find("a"), nullptr);
  EXPECT_TRUE(insert_with("a", before)) << "it was no removal";
}

TEST_F(MemoryStoreTest, KeepsAnEntryOfTheLargestSizeUntilTheNextComes) {
  fill(5000);
  ASSERT_TRUE(insert("large", std::string(130'000, 'x')));
  EXPECT_NE(find("large"), nullptr);
  EXPECT_LE(store.stats().bytes, std::size_t{1} << 20);
}

TEST_F(MemoryStoreTest, NeverHoldsMoreThanItsCapacity) {
  for (std::size_t i = 0; i < 20'000; ++i) {
    insert(key(i), std::string(i * 37 % 3000, 'x'));
    ASSERT_LE(store.stats().bytes, std::size_t{1} << 20);
  }
  EXPECT_GT(store.stats().bytes, std::size_t{1000} << 10);
  EXPECT_EQ(store.stats().entries + store.stats().evictions, 20'000U);
}

TEST_F(MemoryStoreTest, GivesRoomBackWhenItIsMadeSmaller) {
  fill(2000);
  store.resize(1 << 18);
  EXPECT_LE(store.stats().bytes, std::size_t{1} << 18);
  EXPECT_GT(store.stats().entries, 100U);
  store.resize(0);
  EXPECT_EQ(store.stats().entries, 0U);
  EXPECT_FALSE(insert("a"));
  store.resize(1 << 20);
  EXPECT_TRUE(insert("a"));
}

TEST_F(MemoryStoreTest, KeepsWhatIsUsedOverAScan) {
  for (std::size_t i = 0; i < 500; ++i) insert("used" + std::to_string(i));
  for (std::size_t i = 0; i < 50'000; ++i) {
    insert(key(i));
    if (i % 4 == 0) find("used" + std::to_string(i / 4 % 500));
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < 500; ++i) kept += find("used" + std::to_string(i)) != nullptr;
  EXPECT_GE(kept, 495U);
}

TEST_F(MemoryStoreTest, RemembersWhatItEvictedAndKeepsItTheSecondTime) {
  fill(10'000);  // far more than fits: what came first is gone, the latest are known as ghosts
  ASSERT_EQ(find(key(0)), nullptr);
  std::size_t newest_gone = 10'000;
  while (find(key(--newest_gone)) != nullptr) {}
  insert(key(newest_gone));  // a ghost: straight to the main queue
  for (std::size_t i = 0; i < 1500; ++i) insert("scan" + std::to_string(i));
  EXPECT_NE(find(key(newest_gone)), nullptr);
}

TEST_F(MemoryStoreTest, RemovesWhatAPredicateWantsAndOutdatesAllTickets) {
  for (std::size_t i = 0; i < 1000; ++i) insert(key(i), "", i);
  const Ticket before = ticket("a");
  EXPECT_EQ(store.remove_if([](const StoredResponse& response) { return response.token() % 3 == 0; }), 334U);
  EXPECT_EQ(store.stats().entries, 666U);
  for (std::size_t i = 0; i < 1000; ++i) EXPECT_EQ(find(key(i)) == nullptr, i % 3 == 0);
  EXPECT_FALSE(insert_with("a", before));
  EXPECT_EQ(store.remove_if([](const StoredResponse&) { return false; }), 0U);
}

TEST_F(MemoryStoreTest, LetsAPredicateUseTheStore) {
  fill(100);
  EXPECT_EQ(store.remove_if([&](const StoredResponse& response) { return find(std::string(response.key())) != nullptr; }),
            100U);
}

TEST_F(MemoryStoreTest, FindsTheSameWithAnySeed) {
  for (int i = 0; i < 3; ++i) {
    MemoryStore other(1 << 20);
    other.insert(hash_key("a"), response_for("a"), other.ticket(hash_key("a")));
    EXPECT_NE(other.find(hash_key("a"), "a"), nullptr);
  }
}

TEST_F(MemoryStoreTest, UsesItsNodesAgain) {
  fill(20'000);
  const std::uint64_t entries = store.stats().entries;
  for (int round = 0; round < 3; ++round) fill(20'000);
  EXPECT_NEAR(static_cast<double>(store.stats().entries), static_cast<double>(entries), 20);
}

}  // namespace
}  // namespace drishti::cache
