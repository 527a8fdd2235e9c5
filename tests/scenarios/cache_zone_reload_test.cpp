// A reload that changes where a zone of the cache stands, while requests wait for what was there.

#include <gtest/gtest.h>

#include "tests/scenarios/redis_cache.hpp"

namespace drishti::testing {
namespace {

TEST(CacheZoneReload, AZoneLosesItsRedisUnderARequestThatWaitsForIt) {
  RedisProcess redis;
  FakeUpstream upstream(counts("Cache-Control: max-age=600\r\n"));
  ProxyUnderTest proxy(redis_config(upstream, redis.url("?timeout=5s"), "proxy_cache_purge on; proxy_cache_lock_timeout 60s;"));
  ASSERT_TRUE(eventually([&] { return are_connected(redis, 1, 1); }));
  EXPECT_EQ(told(get(proxy, "/x")), "MISS 200 1");
  ASSERT_TRUE(eventually([&] { return !only_entry(redis).empty(); }));
  std::string lock = only_entry(redis);
  lock.replace(lock.find(":e:"), 3, ":l:");
  EXPECT_EQ(ask(proxy, request_text("PURGE", "/x")).status, 200);
  redis.cli({"SET", lock, "another proxy", "PX", "600000"});

  RawClient waiting(proxy.port());
  waiting.send(request_text("GET", "/x"));
  ASSERT_TRUE(eventually([&] { return calls_of(redis, "pttl") > 0; })) << "it looks how long the lock will be held";
  proxy.write_config(cache_config(upstream));
  proxy.send_signal(SIGHUP);
  ASSERT_TRUE(proxy.wait_for_log("reconfigured: new requests use the new configuration"));
  redis.cli({"DEL", lock});
  EXPECT_EQ(waiting.read_response().value_or(RawResponse{}).body, "2") << "it still asks where its configuration says";
  EXPECT_TRUE(eventually([&] { return get(proxy, "/x").field("X-Cache") == "HIT"; })) << "out of memory alone";
}

}  // namespace
}  // namespace drishti::testing
