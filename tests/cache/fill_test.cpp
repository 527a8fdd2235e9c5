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

TEST(FetchCoalescer, KeysOfOneHashAreNotShared) {
  FetchCoalescer fetches;
  const KeyHash hash = hash_key("k");
  fetches.join(hash, "k", {}, seconds(5));
  EXPECT_TRUE(fetches.join(hash, "other", {}, seconds(5)).leads);
}

}  // namespace
}  // namespace drishti::cache
