// What a client changed while Redis could not be reached.

#include <gtest/gtest.h>

#include "tests/scenarios/redis_cache.hpp"

namespace drishti::testing {
namespace {

TEST(RedisOutage, DoesNotBringBackWhatAPutChangedMeanwhile) {
  RedisProcess redis;
  std::atomic<bool> is_changed{false};
  FakeUpstream upstream([&](const UpstreamRequest& request) {
    if (request.head.starts_with("PUT ")) is_changed = true;
    return Actions{Action::send(ok_response(is_changed ? "new" : "old", "Cache-Control: max-age=600\r\n"))};
  });
  ProxyUnderTest proxy(redis_config(upstream, redis.url()));
  ASSERT_TRUE(eventually([&] { return are_connected(redis, 1, 1); }));
  ASSERT_TRUE(answers_from_memory(proxy, "/a"));
  ASSERT_EQ(get(proxy, "/a").body, "old");
  redis.freeze();
  RawClient client(proxy.port());
  client.send(request_text("PUT", "/a"));
  ASSERT_EQ(client.read_response().value_or(RawResponse{}).status, 200);
  EXPECT_EQ(get(proxy, "/a").body, "new");
  redis.thaw();
  EXPECT_TRUE(eventually([&] {
    EXPECT_EQ(get(proxy, "/a").body, "new");
    return are_connected(redis, 1, 1);
  }));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(get(proxy, "/a").body, "new");
}

}  // namespace
}  // namespace drishti::testing
