// A response on its way to several, and who fetches it.

#include "cache/fill.hpp"

#include <gtest/gtest.h>

#include "cache/fetch_coalescer.hpp"

namespace drishti::cache {
namespace {

using std::chrono::seconds;
using State = Fill::State;

StoredResponsePtr response(std::string_view body) {
  ResponseParts parts;
  parts.key = "k";
  parts.status = 200;
  const http::FieldList none;
  parts.fields = &none;
  return StoredResponse::make_from_text(parts, body);
}

std::string body_from(const Fill& fill, std::size_t from = 0) {
  std::vector<BodyBlock> blocks;
  fill.blocks_from(from, blocks);
  std::string text;
  for (const BodyBlock& block : blocks) text += *block;
  return text;
}

TEST(Fill, AWaiterSeesTheBodyAsItComes) {
  Fill fill;
  fill.begin({response(""), 6, "", ""});
  const std::string_view abc[] = {"a", "bc"}, def[] = {"def"};
  fill.append(abc);
  fill.join();
  EXPECT_EQ(body_from(fill), "abc") << "also what came before it";
  fill.append(def);
  EXPECT_EQ(body_from(fill), "abcdef");
  EXPECT_EQ(fill.progress().state, State::streaming);
}

TEST(Fill, HoldsItsShareOfTheBudgetUntilTheLastWhoHoldsOnHasGone) {
  const auto budget = std::make_shared<FillBudget>(100);
  auto leader = std::make_shared<Fill>();
  auto waiter = leader;
  EXPECT_TRUE(leader->reserve(60, budget));
  EXPECT_TRUE(leader->reserve(40, budget)) << "it is in it already";
  Fill other;
  EXPECT_FALSE(other.reserve(41, budget));
  EXPECT_TRUE(other.reserve(40, budget));
  leader.reset();
  EXPECT_EQ(budget->used(), 100u);
  waiter.reset();
  EXPECT_EQ(budget->used(), 40u);
}

TEST(Fill, AShareThatCannotGrowStaysAsItIs) {
  const auto budget = std::make_shared<FillBudget>(100);
  Fill fill;
  EXPECT_TRUE(fill.reserve(60, budget));
  EXPECT_FALSE(fill.reserve(101, budget));
  EXPECT_FALSE(fill.reserve(~std::uint64_t{0}, budget));
  EXPECT_EQ(budget->used(), 60u);
}

TEST(Fill, WakesWhoeverWaitsOnceAChange) {
  Fill fill;
  int woken = 0;
  EXPECT_TRUE(fill.wait(fill.progress().version, [&] { ++woken; }));
  fill.begin({response(""), 0, "", ""});
  fill.complete(response(""));
  EXPECT_EQ(woken, 1);
  EXPECT_FALSE(fill.wait(0, [&] { ++woken; })) << "it has changed since";
}

TEST(Fill, AnEndAfterTheBeginningIsABreak) {
  Fill begun, unbegun;
  begun.begin({response(""), 5, "", ""});
  begun.end(State::again);
  unbegun.end(State::again);
  EXPECT_EQ(begun.progress().state, State::broken);
  EXPECT_EQ(unbegun.progress().state, State::again);
}

TEST(Fill, NothingFollowsItsCompletion) {
  Fill fill;
  fill.complete(response("x"));
  fill.end(State::again);
  EXPECT_EQ(fill.progress().state, State::complete);
  EXPECT_EQ(fill.progress().whole->body_size(), 1u);
}

TEST(FetchCoalescer, TheFirstLeadsAndTheOthersFollow) {
  FetchCoalescer fetches;
  const KeyHash hash = hash_key("k");
  const auto first = fetches.join(hash, "k", {}, seconds(5));
  const auto second = fetches.join(hash, "k", {}, seconds(5));
  EXPECT_TRUE(first.leads);
  EXPECT_FALSE(second.leads);
  EXPECT_EQ(first.fill, second.fill);
  EXPECT_TRUE(first.fill->has_waiters());
  fetches.leave(hash, first.fill);
  EXPECT_TRUE(fetches.join(hash, "k", {}, seconds(5)).leads);
}

TEST(FetchCoalescer, AFetchThatDoesNotBeginIsLeftToItself) {
  FetchCoalescer fetches;
  const KeyHash hash = hash_key("k");
  const FetchCoalescer::Steady start{};
  const auto stuck = fetches.join(hash, "k", start, seconds(5));
  EXPECT_FALSE(fetches.join(hash, "k", start + seconds(4), seconds(5)).leads);
  const auto next = fetches.join(hash, "k", start + seconds(5), seconds(5));
  EXPECT_TRUE(next.leads);
  fetches.leave(hash, stuck.fill);
  EXPECT_TRUE(fetches.is_under_way(hash)) << "the old leader does not end the new one's fetch";
}

TEST(FetchCoalescer, NobodyJoinsAFetchThatWasAbandoned) {
  FetchCoalescer fetches;
  const FetchCoalescer::Steady start{};
  for (const bool is_all : {false, true}) {
    const KeyHash hash = hash_key("k");
    const auto before = fetches.join(hash, "k", start, std::chrono::seconds(5));
    ASSERT_TRUE(before.leads);
    if (is_all) fetches.abandon_all();
    else fetches.abandon(hash);
    const auto after = fetches.join(hash, "k", start, std::chrono::seconds(5));
    EXPECT_TRUE(after.leads);
    EXPECT_NE(after.fill, before.fill);
    fetches.leave(hash, before.fill);
    EXPECT_FALSE(fetches.join(hash, "k", start, std::chrono::seconds(5)).leads) << "the end of the old one is not that of the new one";
    fetches.leave(hash, after.fill);
  }
}

TEST(FetchCoalescer, KeysOfOneHashAreNotShared) {
  FetchCoalescer fetches;
  const KeyHash hash = hash_key("k");
  fetches.join(hash, "k", {}, seconds(5));
  EXPECT_TRUE(fetches.join(hash, "other", {}, seconds(5)).leads);
}

}  // namespace
}  // namespace drishti::cache
