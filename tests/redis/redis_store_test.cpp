// The shared layer in a real Redis: what it keeps, and that trouble is a counted miss.

#include "cache/redis/redis_store.hpp"

#include "tests/redis/redis_support.hpp"

namespace drishti::cache::redis::testing {
namespace {

StoredResponsePtr response_of(std::string_view key, std::string_view body, std::uint64_t token = 7) {
  http::FieldList fields;
  ResponseParts parts;
  parts.key = key;
  parts.status = 200;
  parts.reason = "OK";
  parts.fields = &fields;
  parts.freshness.response_at = 1'000;
  parts.freshness.lifetime = 60'000;
  parts.token = token;
  return StoredResponse::make_from_text(parts, body);
}

std::string body_of(const StoredResponse& response) {
  std::string body;
  for (std::size_t i = 0; i < response.piece_count(); ++i) body += response.piece(i);
  return body;
}

struct RedisStoreTest : ClientTest {
  RedisProcess redis;
  ChangeHub hub;
  std::unique_ptr<RedisStore> store;
  const Keys keys{"drishti:", "z"};

  void SetUp() override { open(redis.url("?timeout=5s")); }
  void open(const std::string& url, std::function<void(const KeyHash&)> on_outdated = {}) {
    connect(url);
    RedisStoreOptions options;
    options.on_outdated = std::move(on_outdated);
    options.zone = "z";
    options.block_size = 64 << 10;
    const auto post = [this](std::function<void()> work) { boost::asio::post(io, std::move(work)); };
    store = std::make_unique<RedisStore>(*client, services(), hub, post, options);
  }
  SharedResult get(std::string_view key) { return wait_for(store->get(key)); }
  SharedTicket ticket_of(std::string_view key) { return wait_for(store->ticket(key)).value_or(SharedTicket{}); }
  bool put(StoredResponsePtr response, milliseconds keep = milliseconds(60'000)) {
    const SharedTicket ticket = ticket_of(response->key());
    return wait_for(store->put(std::move(response), keep, ticket));
  }
  std::string entry(std::string_view key) const { return keys.entry(hash_key(key)); }
};

TEST_F(RedisStoreTest, GivesBackWhatWasPut) {
  EXPECT_EQ(get("k").status, SharedStatus::miss);
  EXPECT_TRUE(put(response_of("k", "hello")));
  const SharedResult found = get("k");
  ASSERT_EQ(found.status, SharedStatus::hit);
  EXPECT_EQ(found.response->key(), "k");
  EXPECT_EQ(found.response->status(), 200);
  EXPECT_EQ(body_of(*found.response), "hello");
  EXPECT_EQ(found.response->freshness().lifetime, 60'000);
  EXPECT_EQ(metrics.hits.value(), 1u);
  EXPECT_EQ(metrics.misses.value(), 1u);
}

TEST_F(RedisStoreTest, WhatWasRemovedWhileItWasFetchedIsNotPublished) {
  std::vector<KeyHash> outdated;
  open(redis.url("?timeout=5s"), [&](const KeyHash& hash) { outdated.push_back(hash); });
  for (const std::size_t size : {10u, 300'000u}) {
    const StoredResponsePtr old = response_of("k", std::string(size, 'x'));
    const auto missed = get("k").ticket;
    const SharedTicket asked = ticket_of("k");
    ASSERT_TRUE(missed);
    EXPECT_TRUE(wait_for(store->remove("k")));
    outdated.clear();
    EXPECT_FALSE(wait_for(store->put(old, milliseconds(60'000), *missed)));
    EXPECT_FALSE(wait_for(store->put(old, milliseconds(60'000), asked)));
    EXPECT_EQ(get("k").status, SharedStatus::miss);
    EXPECT_EQ(outdated, (std::vector<KeyHash>{hash_key("k"), hash_key("k")})) << "the copy in memory goes, too";
    EXPECT_TRUE(put(response_of("k", "new"))) << "the fetch began behind the removal";
    EXPECT_EQ(get("k").status, SharedStatus::hit);
  }
}

TEST_F(RedisStoreTest, NeitherIsWhatWasRemovedTwice) {
  EXPECT_TRUE(wait_for(store->remove("k")));
  const auto missed = get("k").ticket;
  EXPECT_TRUE(wait_for(store->remove("k"))) << "another one than the ticket knows";
  EXPECT_FALSE(wait_for(store->put(response_of("k", "old"), milliseconds(60'000), *missed)));
  EXPECT_EQ(get("k").status, SharedStatus::miss);
}

TEST_F(RedisStoreTest, ARemovalConcernsItsKeyAloneAndIsForgotten) {
  const auto missed = get("other").ticket;
  EXPECT_TRUE(wait_for(store->remove("k")));
  EXPECT_TRUE(wait_for(store->put(response_of("other", "x"), milliseconds(60'000), *missed)));
  const auto left = redis.cli({"PTTL", keys.removal(hash_key("k"))}).integer;
  EXPECT_GT(left, 150'000) << "longer than the longest fetch that may be put";
  EXPECT_LE(left, 180'000);
}

TEST_F(RedisStoreTest, WhatWasFetchedForLongerThanRemovalsAreRememberedIsNotPublished) {
  SharedTicket ticket = ticket_of("k");
  ticket.taken_at -= std::chrono::seconds(121);
  EXPECT_FALSE(wait_for(store->put(response_of("k", "x"), milliseconds(60'000), ticket)));
  EXPECT_EQ(get("k").status, SharedStatus::miss);
}

TEST_F(RedisStoreTest, NobodyWaitsForWhoFetchesWhatWasRemoved) {
  redis.cli({"SET", keys.lock(hash_key("k")), "somebody"});
  EXPECT_TRUE(wait_for(store->remove("k")));
  EXPECT_EQ(redis.cli({"EXISTS", keys.lock(hash_key("k"))}).integer, 0);
}

TEST_F(RedisStoreTest, KeepsNothingLongerThanItWasTold) {
  put(response_of("k", "hello"), milliseconds(60'000));
  const auto left = redis.cli({"PTTL", entry("k")}).integer;
  EXPECT_GT(left, 50'000);
  EXPECT_LE(left, 60'000);
  put(response_of("k", "hello"), milliseconds(1));
  EXPECT_TRUE(until([&] { return get("k").status == SharedStatus::miss; }));
}

TEST_F(RedisStoreTest, CutsLargeBodiesIntoBlocksAndPublishesTheEntryLast) {
  std::string body(300'000, 'x');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 23);
  EXPECT_TRUE(put(response_of("large", body)));
  const SharedResult found = get("large");
  ASSERT_EQ(found.status, SharedStatus::hit);
  EXPECT_TRUE(body_of(*found.response) == body);
  EXPECT_EQ(redis.cli({"DBSIZE"}).integer, 6) << "five blocks and the entry";
  EXPECT_LT(redis.cli({"STRLEN", entry("large")}).integer, 1000);
}

TEST_F(RedisStoreTest, MissesWhenABlockIsMissingShortOrAnothers) {
  const std::string body(200'000, 'x');
  const std::string block = keys.block(hash_key("large"), 7, 2);
  for (const std::vector<std::string>& damage :
       {std::vector<std::string>{"DEL", block}, {"SETRANGE", block, "0", "y"}, {"SET", block, "short"},
        {"APPEND", block, "x"}}) {
    EXPECT_TRUE(put(response_of("large", body)));
    ASSERT_EQ(get("large").status, SharedStatus::hit);
    redis.cli(damage);
    EXPECT_EQ(get("large").status, SharedStatus::miss) << damage[0];
  }
  EXPECT_TRUE(put(response_of("large", body)));
  redis.cli({"DEL", block});
  redis.cli({"LPUSH", block, "x"});
  EXPECT_EQ(get("large").status, SharedStatus::miss) << "of another type";
}

TEST_F(RedisStoreTest, MissesCountsAndDeletesWhatIsNoEntry) {
  put(response_of("other", "secret of another"));
  const std::string sound = redis.cli({"GET", entry("other")}).text;
  std::string flipped = sound;
  flipped[flipped.size() / 2] ^= 1;
  std::uint64_t expected = 0;
  for (const std::string& value : {std::string("garbage"), std::string(), sound.substr(0, sound.size() - 3), flipped,
                                   sound + "x", std::string(100'000, '\0'), sound}) {
    redis.cli({"SET", entry("k"), value});
    EXPECT_EQ(get("k").status, SharedStatus::miss) << "never the answer of another key";
    EXPECT_EQ(errors(ErrorKind::corrupt), ++expected);
    EXPECT_TRUE(until([&] { return redis.cli({"EXISTS", entry("k")}).integer == 0; })) << "deleted";
  }
}

TEST_F(RedisStoreTest, CountsEachKindOfTroubleAndFailsNothing) {
  redis.cli({"LPUSH", entry("k"), "x"});
  EXPECT_EQ(get("k").status, SharedStatus::miss);
  EXPECT_EQ(errors(ErrorKind::wrong_type), 1u);
  redis.cli({"LPUSH", keys.removal(hash_key("l")), "x"});
  EXPECT_FALSE(wait_for(store->ticket("l")));
  EXPECT_EQ(errors(ErrorKind::wrong_type), 2u);
  redis.cli({"CONFIG", "SET", "maxmemory", "1"});
  EXPECT_FALSE(put(response_of("j", "body")));
  EXPECT_EQ(errors(ErrorKind::out_of_memory), 1u);
  redis.cli({"CONFIG", "SET", "maxmemory", "0"});
  redis.cli({"REPLICAOF", "127.0.0.1", "1"});
  EXPECT_FALSE(put(response_of("j", "body")));
  EXPECT_EQ(errors(ErrorKind::read_only), 1u);
  redis.cli({"REPLICAOF", "NO", "ONE"});
  EXPECT_TRUE(put(response_of("j", "body")));
  EXPECT_TRUE(client->is_available());
}

TEST_F(RedisStoreTest, CountsWhatItsUserMayNotDo) {
  redis.cli({"ACL", "SETUSER", "reader", "on", ">pw", "~*", "&*", "+@read", "+@connection"});
  open("redis://reader:pw@127.0.0.1:" + std::to_string(redis.port()) + "?timeout=5s");
  EXPECT_EQ(get("k").status, SharedStatus::miss);
  EXPECT_FALSE(put(response_of("k", "x")));
  EXPECT_EQ(errors(ErrorKind::auth), 1u);
}

TEST_F(RedisStoreTest, IsUnavailableWhileRedisIsGone) {
  redis.kill();
  EXPECT_TRUE(until([&] { return !store->is_available(); }));
  EXPECT_EQ(get("k").status, SharedStatus::unavailable);
  EXPECT_FALSE(put(response_of("k", "x")));
  EXPECT_EQ(wait_for(store->lock("k", 1, milliseconds(100))), LockStatus::unavailable);
  EXPECT_FALSE(wait_for(store->remove("k")));
  EXPECT_FALSE(wait_for(store->ban(Ban::Kind::tag, "t")));
  redis.start();
  EXPECT_TRUE(until([&] { return store->is_available(); }));
  EXPECT_EQ(get("k").status, SharedStatus::miss);
}

TEST_F(RedisStoreTest, RemovesTheEntry) {
  put(response_of("k", "hello"));
  EXPECT_TRUE(wait_for(store->remove("k")));
  EXPECT_EQ(get("k").status, SharedStatus::miss);
  EXPECT_TRUE(wait_for(store->remove("k"))) << "gone is gone";
}

TEST_F(RedisStoreTest, GivesTheLockToOneAndFreesItForItsHolderOnly) {
  const auto lock = [&](std::uint64_t token) { return wait_for(store->lock("k", token, milliseconds(60'000))); };
  EXPECT_EQ(lock(1), LockStatus::taken);
  EXPECT_EQ(lock(2), LockStatus::held_by_other);
  wait_for(store->unlock("k", 2));
  EXPECT_EQ(lock(2), LockStatus::held_by_other) << "it was not theirs to free";
  wait_for(store->unlock("k", 1));
  EXPECT_EQ(lock(2), LockStatus::taken);
}

TEST_F(RedisStoreTest, ReplacesAHolderThatDied) {
  EXPECT_EQ(wait_for(store->lock("k", 1, milliseconds(60))), LockStatus::taken);
  hub.set_live(true);
  const auto begin = std::chrono::steady_clock::now();
  wait_for(store->wait_for_change("k", milliseconds(5000)));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(500)) << "by the lease, not by the patience";
  bool is_taken = false;
  EXPECT_TRUE(until([&] {
    is_taken = is_taken || wait_for(store->lock("k", 2, milliseconds(60'000))) == LockStatus::taken;
    return is_taken;
  }));
}

TEST_F(RedisStoreTest, DoesNotWaitForALockThatIsGoneAlready) {
  hub.set_live(true);
  const auto begin = std::chrono::steady_clock::now();
  wait_for(store->wait_for_change("k", milliseconds(5000)));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(500));
}

TEST_F(RedisStoreTest, NumbersBansUpwardsAlsoAfterAFlush) {
  std::vector<Ban> made;
  RedisStoreOptions options;
  options.zone = "z";
  options.on_ban = [&](const Ban& ban) { made.push_back(ban); };
  RedisStore bans(*client, services(), hub, {}, options);
  EXPECT_TRUE(wait_for(bans.ban(Ban::Kind::prefix, "http://a/")));
  EXPECT_TRUE(wait_for(bans.ban(Ban::Kind::tag, "news")));
  redis.cli({"FLUSHALL"});
  EXPECT_TRUE(wait_for(bans.ban(Ban::Kind::tag, "news")));
  ASSERT_EQ(made.size(), 3u);
  EXPECT_EQ(made[1].number, made[0].number + 1);
  EXPECT_GT(made[2].number, made[1].number);
  EXPECT_EQ(made[0].text, "http://a/");
  EXPECT_EQ(made[1].kind, Ban::Kind::tag);
}

}  // namespace
}  // namespace drishti::cache::redis::testing
