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

TEST(Fill, SaysWhatMayBeServedMeanwhile) {
  Fill fill;
  int woken = 0;
  EXPECT_TRUE(fill.wait(fill.progress().version, [&] { ++woken; }));
  const StoredResponsePtr stale = response("old");
  fill.offer_stale(stale);
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(fill.progress().stale, stale);
  EXPECT_EQ(fill.progress().state, State::waiting);
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

/// In memory, up to LIMIT bytes.
struct FakeOverflow : BodyOverflow {
  explicit FakeOverflow(std::size_t the_limit = SIZE_MAX) : limit(the_limit) {}
  bool write_at(std::uint64_t offset, std::string_view data) override {
    EXPECT_EQ(offset, text.size());
    if (text.size() + data.size() > limit) return false;
    text += data;
    return true;
  }
  bool read_at(std::uint64_t offset, std::string& out) const override {
    out = text.substr(offset, out.size());
    return true;
  }
  std::size_t limit;
  std::string text;
};

TEST(Fill, AnOutgrownBodyGoesOnInItsOverflow) {
  Fill fill;
  fill.begin({response(""), std::nullopt, "", ""});
  fill.join();
  const std::string_view abc[] = {"a", "bc"}, def[] = {"def"};
  fill.append(abc);
  EXPECT_TRUE(fill.is_read());
  ASSERT_TRUE(fill.outgrow(std::make_unique<FakeOverflow>()));
  fill.append(def);
  EXPECT_EQ(fill.progress().state, State::outgrown);
  ASSERT_EQ(fill.progress().overflow_size, 6u);
  std::string text(6, ' ');
  EXPECT_TRUE(fill.overflow().read_at(0, text));
  EXPECT_EQ(text, "abcdef") << "from the first byte on";
  EXPECT_EQ(body_from(fill), "") << "and nowhere else";
  fill.end(State::passed);
  fill.end(State::again);
  EXPECT_EQ(fill.progress().state, State::passed);
}

TEST(Fill, AnOutgrownBodyThatDoesNotArriveOrDoesNotFitIsBroken) {
  Fill cut, too_large, refused;
  const std::string_view abc[] = {"abc"};
  for (Fill* fill : {&cut, &too_large, &refused}) {
    fill->begin({response(""), std::nullopt, "", ""});
    fill->append(abc);
  }
  ASSERT_TRUE(cut.outgrow(std::make_unique<FakeOverflow>()));
  cut.end(State::again);
  EXPECT_EQ(cut.progress().state, State::broken);
  ASSERT_TRUE(too_large.outgrow(std::make_unique<FakeOverflow>(5)));
  too_large.append(abc);
  EXPECT_EQ(too_large.progress().state, State::broken);
  EXPECT_FALSE(refused.outgrow(std::make_unique<FakeOverflow>(2)));
  refused.end(State::alone);
  EXPECT_EQ(refused.progress().state, State::broken);
}

TEST(Fill, NobodyReadsWhatHasNotBegun) {
  Fill fill;
  fill.join();
  EXPECT_FALSE(fill.is_read());
  fill.begin({response(""), std::nullopt, "", ""});
  EXPECT_TRUE(fill.is_read());
  fill.leave();
  EXPECT_FALSE(fill.is_read());
}

TEST(FetchCoalescer, NobodyJoinsAFetchThatOutgrew) {
  FetchCoalescer fetches;
  const KeyHash hash = hash_key("k");
  const auto first = fetches.join(hash, "k", {}, seconds(5));
  first.fill->begin({response(""), std::nullopt, "", ""});
  EXPECT_FALSE(fetches.join(hash, "k", {}, seconds(5)).leads);
  ASSERT_TRUE(first.fill->outgrow(std::make_unique<FakeOverflow>()));
  EXPECT_TRUE(fetches.join(hash, "k", {}, seconds(5)).leads);
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
