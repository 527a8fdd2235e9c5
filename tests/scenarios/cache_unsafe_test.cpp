// POST, PUT and DELETE: what they may have changed is gone from Redis when their client hears that they are done. (How soon it
// is gone from another proxy's memory: cache_two_proxies_test.)

#include <gtest/gtest.h>

#include "tests/scenarios/redis_cache.hpp"

namespace drishti::testing {
namespace {

struct CacheUnsafe : ::testing::Test {
  std::atomic<int> version{1};
  std::string fields_of_post;
  RedisProcess redis;
  FakeUpstream upstream{[this](const UpstreamRequest& request) {
    const std::string fields = "Cache-Control: max-age=600\r\nX-Version: " + std::to_string(version) + "\r\n";
    if (request.head.starts_with("GET")) return Actions{Action::send(ok_response(std::string(2000, 'x'), fields))};
    ++version;
    return Actions{Action::send(ok_response("done", fields_of_post))};
  }};

  /// With no room for copies in memory when IN_REDIS_ALONE: an eighth of it is less than a response.
  std::string config(bool in_redis_alone, const std::string& more = {}) {
    std::string text = redis_config(upstream, redis.url("?timeout=5s"), more);
    if (in_redis_alone) text.replace(text.find("z:16m"), 5, "z:8k");
    return text;
  }
  static std::string seen(const RawResponse& response) { return response.field("X-Cache") + " " + response.field("X-Version"); }
  static RawResponse change(const ProxyUnderTest& proxy, const std::string& path, const std::string& method = "POST") {
    return ask(proxy, request_text(method, path, "Content-Length: 0\r\n"));
  }
  bool is_stored(std::size_t count) {
    return eventually([&] { return keys_in(redis, "drishti:z:e:*").size() == count; });
  }
  /// Fetches until it is kept: not what was fetched at the very time of a removal.
  bool has_stored(const ProxyUnderTest& proxy, const std::string& path) {
    return eventually([&] { return get(proxy, path).status == 200 && !only_entry(redis).empty(); });
  }
};

TEST_F(CacheUnsafe, IsAnsweredWhenRedisHasForgotten) {
  ProxyUnderTest proxy(config(false));
  ASSERT_TRUE(eventually([&] { return are_connected(redis, 1, 1); }));
  for (const char* method : {"POST", "PUT", "DELETE"}) {
    ASSERT_TRUE(has_stored(proxy, "/a"));
    ASSERT_TRUE(redis.cli({"CLIENT", "PAUSE", "200", "WRITE"}).is_ok());  // the removal has to wait
    EXPECT_EQ(change(proxy, "/a", method).status, 200);
    EXPECT_EQ(keys_in(redis, "drishti:z:e:*").size(), 0u) << method;
  }
}

TEST_F(CacheUnsafe, NoOtherProxyAnswersTheOldFromRedisBehindIt) {
  ProxyUnderTest first(config(false)), second(config(true));
  ASSERT_TRUE(eventually([&] { return are_connected(redis, 2, 1); }));
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(has_stored(first, "/a")) << i;
    // A slow machine's proxy may take back what it stored at the time of a removal.
    ASSERT_TRUE(eventually([&] { return seen(get(second, "/a")) == "HIT " + std::to_string(version); })) << i;
    EXPECT_EQ(change(first, "/a").status, 200);
    EXPECT_EQ(seen(get(second, "/a")), "MISS " + std::to_string(version)) << i;
  }
}

TEST_F(CacheUnsafe, TakesAlongWhatItsAnswerNames) {
  fields_of_post = "Location: /b\r\nContent-Location: /c\r\n";
  ProxyUnderTest proxy(config(true));
  ASSERT_TRUE(eventually([&] { return are_connected(redis, 1, 1); }));
  for (const char* path : {"/a", "/b", "/c", "/d"}) EXPECT_EQ(get(proxy, path).status, 200);
  ASSERT_TRUE(is_stored(4));
  EXPECT_EQ(change(proxy, "/a").status, 200);
  EXPECT_EQ(keys_in(redis, "drishti:z:e:*").size(), 1u);
  EXPECT_EQ(seen(get(proxy, "/d")), "HIT 1");
}

// The answer goes another way: an error page of our own.
TEST_F(CacheUnsafe, CountsAlsoBehindAnErrorPage) {
  ProxyUnderTest proxy(config(true, "proxy_intercept_errors on; error_page 303 =200 /done; } location = /done { return 200 page;"));
  ASSERT_TRUE(eventually([&] { return are_connected(redis, 1, 1); }));
  EXPECT_EQ(get(proxy, "/a").status, 200);
  ASSERT_TRUE(is_stored(1));
  upstream.set_script([](const UpstreamRequest&) {
    return Actions{Action::send("HTTP/1.1 303 See Other\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n")};
  });
  ASSERT_TRUE(redis.cli({"CLIENT", "PAUSE", "200", "WRITE"}).is_ok());
  EXPECT_EQ(change(proxy, "/a").body, "page");
  EXPECT_EQ(keys_in(redis, "drishti:z:e:*").size(), 0u);
}

TEST_F(CacheUnsafe, IsAnsweredWhenRedisStandsStill) {
  std::string text = config(false);
  text.replace(text.find("timeout=5s"), 10, "timeout=50ms");
  ProxyUnderTest proxy(text);
  ASSERT_TRUE(eventually([&] { return are_connected(redis, 1, 1); }));
  EXPECT_EQ(seen(get(proxy, "/a")), "MISS 1");
  ASSERT_TRUE(is_stored(1));
  redis.freeze();
  EXPECT_EQ(change(proxy, "/a").status, 200);
  EXPECT_EQ(get(proxy, "/a").field("X-Version"), "2") << "what Redis could not be told of is not taken from it";
  redis.thaw();
  EXPECT_TRUE(eventually([&] {
    get(proxy, "/b");
    return get(proxy, "/a").field("X-Version") == "2" && keys_in(redis, "drishti:z:r:*").size() == 1;
  })) << "made up for";
}

}  // namespace
}  // namespace drishti::testing
