// L1 follows Redis: whoever changes a key there, and whatever happens to the connections that tell of it.

#include "cache/redis/invalidation.hpp"

#include "tests/redis/redis_support.hpp"

namespace drishti::cache::redis::testing {
namespace {

StoredResponsePtr response_of(std::string_view key) {
  http::FieldList fields;
  ResponseParts parts;
  parts.key = key;
  parts.status = 200;
  parts.fields = &fields;
  parts.freshness.lifetime = 60'000;
  return StoredResponse::make_from_text(parts, "body");
}

struct InvalidationTest : ClientTest {
  RedisProcess redis;
  MemoryStore memory{1 << 20};
  ChangeHub hub;
  std::shared_ptr<Invalidation> invalidation;
  std::unique_ptr<RedisStore> store;
  std::vector<Ban> bans;
  const Keys keys{"drishti:", "z"};

  void SetUp() override { open(redis.url()); }
  void TearDown() override {
    invalidation->stop();
    ClientTest::TearDown();
  }
  void open(const std::string& url) {
    InvalidationOptions options;
    options.zone = "z";
    options.on_bans = [this](const std::vector<Ban>& fresh) { bans.insert(bans.end(), fresh.begin(), fresh.end()); };
    invalidation = std::make_shared<Invalidation>(parsed(url), services(), memory, hub, options);
    invalidation->start();
    connect(url);
    RedisStoreOptions store_options;
    store_options.zone = "z";
    store = std::make_unique<RedisStore>(
        *client, services(), hub, [this](std::function<void()> work) { boost::asio::post(io, std::move(work)); }, store_options);
    ASSERT_TRUE(until([&] { return invalidation->is_live(); })) << log.text;
  }
  void fill(const std::string& key) {
    const KeyHash hash = hash_key(key);
    ASSERT_TRUE(memory.insert(hash, response_of(key), memory.ticket(hash)));
  }
  bool has(const std::string& key) { return memory.find(hash_key(key), key) != nullptr; }
  std::string entry(std::string_view key) const { return keys.entry(hash_key(key)); }
  bool put(const std::string& key) { return wait_for(store->put(response_of(key), milliseconds(60'000), {{}, reactor.clock().now()})); }
};

TEST_F(InvalidationTest, DropsWhatAnyoneChangesAndNothingElse) {
  const struct {
    const char* how;
    std::function<void()> change;
  } changes[] = {{"another proxy's put", [&] { put("k"); }},
                 {"DEL", [&] { redis.cli({"DEL", entry("k")}); }},
                 {"a foreign SET", [&] { redis.cli({"SET", entry("k"), "x"}); }},
                 {"expiry", [&] { redis.cli({"PEXPIRE", entry("k"), "20"}); }},
                 {"put again", [&] { put("k"); }},
                 {"purge", [&] { wait_for(store->remove("k")); }},
                 {"RENAME", [&] { redis.cli({"SET", "x", "y"}); redis.cli({"RENAME", "x", entry("k")}); }}};
  for (const auto& [how, change] : changes) {
    turn_for(milliseconds(30));
    fill("k");
    fill("untouched");
    change();
    EXPECT_TRUE(until([&] { return !has("k"); })) << how;
    EXPECT_TRUE(has("untouched")) << how;
  }
}

TEST_F(InvalidationTest, DropsEverythingOnFlushAll) {
  put("k");
  turn_for(milliseconds(20));
  for (const char* how : {"FLUSHALL", "FLUSHDB"}) {
    fill("k");
    fill("only in L1");
    redis.cli({how});
    EXPECT_TRUE(until([&] { return !has("k") && !has("only in L1"); })) << how;
  }
}

TEST_F(InvalidationTest, IsToldOfTenThousandKeysInOneMessage) {
  const std::string script =
      "for i = 1, 10000 do redis.call('SET', 'drishti:z:e:{' .. string.format('%032x', i) .. '}', 'x') end";
  const std::uint64_t before = metrics.invalidations.value();
  redis.cli({"EVAL", script, "0"});
  EXPECT_TRUE(until([&] { return metrics.invalidations.value() == before + 10'000; }));
  EXPECT_TRUE(invalidation->is_live());
}

TEST_F(InvalidationTest, RefusesTheAnswerThatWasOvertaken) {
  const KeyHash hash = hash_key("k");
  const Ticket ticket = memory.ticket(hash);  // taken, then Redis is asked; before the answer is in, somebody writes
  put("k");
  EXPECT_TRUE(until([&] { return !memory.insert(hash, response_of("k"), ticket); }));
}

TEST_F(InvalidationTest, EmptiesL1WhenAConnectionIsKilledAndAgainWhenItIsBack) {
  for (const char* type : {"pubsub", "normal"}) {
    fill("k");
    redis.cli({"CLIENT", "KILL", "TYPE", type});
    EXPECT_TRUE(until([&] { return !invalidation->is_live(); })) << type;
    EXPECT_FALSE(has("k")) << type;
    fill("between");
    EXPECT_TRUE(until([&] { return invalidation->is_live(); })) << type;
    EXPECT_FALSE(has("between")) << type;
    EXPECT_TRUE(until([&] { return client->is_available(); }));
    fill("k");
    EXPECT_TRUE(put("k"));
    EXPECT_TRUE(until([&] { return !has("k"); })) << "changes are seen again after " << type;
  }
}

TEST_F(InvalidationTest, NoticesAStoppedRedisWithinASecond) {
  fill("k");
  redis.freeze();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(until([&] { return !has("k"); }));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(1000));
  redis.thaw();
  EXPECT_TRUE(until([&] { return invalidation->is_live(); }));
}

TEST_F(InvalidationTest, SurvivesARestartOfRedis) {
  fill("k");
  redis.kill();
  EXPECT_TRUE(until([&] { return !has("k"); }));
  redis.start();
  EXPECT_TRUE(until([&] { return invalidation->is_live() && client->is_available(); }));
  fill("k");
  put("k");
  EXPECT_TRUE(until([&] { return !has("k"); }));
}

TEST_F(InvalidationTest, WakesWhoWaitsForTheEntryOrItsLock) {
  for (const char* what : {"put", "unlock", "flush"}) {
    ASSERT_EQ(wait_for(store->lock("k", 1, milliseconds(60'000))), LockStatus::taken) << what;
    bool woken = false;
    reactor.clock().update();
    net::spawn(note(store->wait_for_change("k", milliseconds(60'000)), woken));
    turn_for(milliseconds(30));
    EXPECT_FALSE(woken) << what;
    const auto begin = std::chrono::steady_clock::now();
    if (std::string_view(what) == "put") put("k");
    else if (std::string_view(what) == "unlock") wait_for(store->unlock("k", 1));
    else redis.cli({"FLUSHALL"});
    EXPECT_TRUE(until([&] { return woken; })) << what;
    EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(100)) << what;
    redis.cli({"FLUSHALL"});
    turn_for(milliseconds(10));
  }
}

TEST_F(InvalidationTest, BringsBansOfOthersAndThoseFromBefore) {
  EXPECT_TRUE(wait_for(store->ban(Ban::Kind::prefix, "http://a/")));
  EXPECT_TRUE(until([&] { return bans.size() == 1; }));
  EXPECT_TRUE(wait_for(store->ban(Ban::Kind::tag, "news")));
  EXPECT_TRUE(until([&] { return bans.size() == 2; }));
  EXPECT_EQ(bans[0].text, "http://a/");
  EXPECT_EQ(bans[1].text, "news");
  EXPECT_GT(bans[1].number, bans[0].number);
  invalidation->stop();
  bans.clear();
  open(redis.url());
  EXPECT_EQ(bans.size(), 2u) << "known before it is live";
}

TEST_F(InvalidationTest, KeepsTheListOfBansBounded) {
  for (std::size_t i = 0; i < BanList::most + 50; ++i) {
    const std::string tag = "tag" + std::to_string(i);
    // A busy machine: again, once the client has its connection back.
    while (!wait_for(store->ban(Ban::Kind::tag, tag))) ASSERT_TRUE(until([&] { return client->is_available(); })) << log.text;
  }
  EXPECT_LE(redis.cli({"ZCARD", keys.bans()}).integer, static_cast<std::int64_t>(BanList::most));
  const Reply oldest = redis.cli({"ZRANGE", keys.bans(), "0", "0"});
  EXPECT_EQ(oldest.elements.at(0).text, "p") << "everything older is banned";
}

}  // namespace
}  // namespace drishti::cache::redis::testing
