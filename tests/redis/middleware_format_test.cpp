// One Redis for the application's middleware and for the proxy.

#include "cache/redis/middleware_format.hpp"

#include "cache/redis/json_text.hpp"
#include "tests/redis/redis_support.hpp"

namespace drishti::cache::redis::testing {
namespace {

StoredResponsePtr response_of(int status, std::string_view type, std::string_view body, std::string_view coding = {}) {
  http::FieldList fields;
  fields.add({"Content-Type", type, http::FieldId::content_type});
  if (!coding.empty()) fields.add({"Content-Encoding", coding, http::FieldId::content_encoding});
  ResponseParts parts;
  parts.key = "/api/users?page=2";
  parts.status = status;
  parts.fields = &fields;
  parts.freshness.response_at = std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  parts.freshness.lifetime = 300'000;
  return StoredResponse::make_from_text(parts, body);
}

TEST(JsonText, IsWhatJsonParseTakes) {
  for (const char* good : {"{}", "[]", "null", "-0.5e+10", "\"a\\u00e9\\n\"", " [1, {\"a\": [true, false]}, \"\"] ",
                           "{\"a\":1,\"b\":{\"c\":[]}}", "0", "[[],[]]"})
    EXPECT_TRUE(is_json_text(good)) << good;
  for (const char* bad : {"", " ", "{", "[1,]", "{\"a\":}", "{a:1}", "01", "1.", "\"a", "\"\\x\"", "\"\\u12g4\"", "nul",
                          "[1] 2", "{\"a\" 1}", "'a'", "[1}", "\"\t\"", "<html>", "-", "{\"a\":1,}", "]", "1e"})
    EXPECT_FALSE(is_json_text(bad)) << bad;
  EXPECT_TRUE(is_json_text(std::string(512, '[') + std::string(512, ']')));
  EXPECT_FALSE(is_json_text(std::string(513, '[') + std::string(513, ']')));
  EXPECT_FALSE(is_json_text(std::string(1'000'000, '[')));
}

TEST(MiddlewareFormat, StoresTheJsonOf200Only) {
  EXPECT_EQ(middleware_value(*response_of(200, "application/json; charset=utf-8", "{\"a\":1}")), "{\"a\":1}");
  EXPECT_FALSE(middleware_value(*response_of(404, "application/json", "{}")));
  EXPECT_FALSE(middleware_value(*response_of(200, "text/html", "{}")));
  EXPECT_FALSE(middleware_value(*response_of(200, "application/jsonp", "{}")));
  EXPECT_FALSE(middleware_value(*response_of(200, "application/json", "{}", "gzip")));
  EXPECT_FALSE(middleware_value(*response_of(200, "application/json", "not json")));
  EXPECT_FALSE(middleware_value(*response_of(0, "application/json", "{}")));
}

struct MiddlewareStoreTest : ClientTest {
  RedisProcess redis;
  ChangeHub hub;
  MemoryStore memory{1 << 20};
  std::unique_ptr<MiddlewareStore> store;
  const std::string key = "/api/users?page=2";

  void SetUp() override {
    connect(redis.url());
    RedisStoreOptions options;
    options.zone = "z";
    store = std::make_unique<MiddlewareStore>(
        *client, services(), hub, [this](std::function<void()> work) { boost::asio::post(io, std::move(work)); }, options);
  }
};

TEST_F(MiddlewareStoreTest, WritesWhatTheMiddlewareReads) {
  EXPECT_TRUE(wait_for(store->put(response_of(200, "application/json", "{\"a\":1}"), milliseconds(1), {})));
  EXPECT_EQ(redis.cli({"GET", "cache:/api/users?page=2"}).text, "{\"a\":1}");
  EXPECT_GT(redis.cli({"TTL", "cache:/api/users?page=2"}).integer, 298);
  EXPECT_EQ(redis.cli({"DBSIZE"}).integer, 1);
}

TEST_F(MiddlewareStoreTest, ReadsWhatTheMiddlewareWrote) {
  redis.cli({"SETEX", "cache:" + key, "300", "[1,2]"});
  const SharedResult found = wait_for(store->get(key));
  ASSERT_EQ(found.status, SharedStatus::hit);
  EXPECT_EQ(found.response->status(), 200);
  EXPECT_EQ(found.response->key(), key);
  EXPECT_EQ(found.response->field(http::FieldId::content_type), "application/json; charset=utf-8");
  EXPECT_EQ(found.response->piece(0), "[1,2]");
  EXPECT_GT(found.response->freshness().lifetime, 290'000);
  EXPECT_LE(found.response->freshness().lifetime, 300'000);
}

TEST_F(MiddlewareStoreTest, MissesWhatIsNoJsonButLeavesItAlone) {
  redis.cli({"SET", "cache:" + key, "<html>"});
  EXPECT_EQ(wait_for(store->get(key)).status, SharedStatus::miss);
  EXPECT_EQ(errors(ErrorKind::corrupt), 1u);
  EXPECT_EQ(redis.cli({"GET", "cache:" + key}).text, "<html>");
  redis.cli({"DEL", "cache:" + key});
  redis.cli({"LPUSH", "cache:" + key, "x"});
  EXPECT_EQ(wait_for(store->get(key)).status, SharedStatus::miss);
  EXPECT_EQ(errors(ErrorKind::wrong_type), 1u);
}

TEST_F(MiddlewareStoreTest, DropsTheL1CopyWhenTheApplicationWrites) {
  InvalidationOptions options;
  options.zone = "z";
  options.middleware = true;
  const auto invalidation = std::make_shared<Invalidation>(parsed(redis.url()), services(), memory, hub, options);
  invalidation->start();
  ASSERT_TRUE(until([&] { return invalidation->is_live(); }));
  const KeyHash hash = hash_key(key);
  memory.insert(hash, response_of(200, "application/json", "{}"), memory.ticket(hash));
  redis.cli({"SETEX", "cache:" + key, "300", "[3]"});
  EXPECT_TRUE(until([&] { return memory.find(hash, key) == nullptr; }));
  EXPECT_TRUE(wait_for(store->remove(key)));
  EXPECT_EQ(redis.cli({"EXISTS", "cache:" + key}).integer, 0);
  invalidation->stop();
}

}  // namespace
}  // namespace drishti::cache::redis::testing
