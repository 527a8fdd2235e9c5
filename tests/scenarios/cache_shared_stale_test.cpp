// A stale response in Redis serves every proxy (RFC 5861), and one of them updates it for all.

#include <gtest/gtest.h>

#include "tests/scenarios/redis_cache.hpp"

namespace drishti::testing {
namespace {

struct SharedStale : ::testing::Test {
  RedisProcess redis;
  FakeUpstream upstream{counts("Cache-Control: max-age=0, stale-while-revalidate=600\r\n")};
  std::string config = redis_config(upstream, redis.url("?timeout=5s"),
                                    "proxy_cache_background_update on; proxy_cache_use_stale updating; proxy_cache_lock_age 60s;");
  ProxyUnderTest first{config};

  void SetUp() override { ASSERT_TRUE(eventually([&] { return are_connected(redis, 1, 1); })); }
  void fill() {
    EXPECT_EQ(told(get(first, "/x")), "MISS 200 1");
    ASSERT_TRUE(eventually([&] { return !only_entry(redis).empty() && keys_in(redis, "drishti:z:l:*").empty(); }));
  }
  std::string stored() const { return redis.cli({"GET", only_entry(redis)}).text; }
};

TEST_F(SharedStale, AnswersAProxyThatHasNothingInMemory) {
  fill();
  const std::string before = stored();
  ProxyUnderTest new_one(config);
  ASSERT_TRUE(eventually([&] { return are_connected(redis, 2, 1); }));
  EXPECT_EQ(told(get(new_one, "/x")), "STALE 200 1") << "nobody waits for the upstream";
  EXPECT_TRUE(eventually([&] { return stored() != before; })) << "but it is asked";
  EXPECT_EQ(upstream.requests().size(), 2u);
}

TEST_F(SharedStale, IsUpdatedByOneProxyForAll) {
  fill();
  ProxyUnderTest second(config);
  ASSERT_TRUE(eventually([&] { return are_connected(redis, 2, 1); }));
  auto go = std::make_shared<Event>(), has_come = std::make_shared<Event>();
  upstream.set_script([=](const UpstreamRequest&) {
    has_come->set();
    return Actions{Action::wait(go), Action::send(ok_response("new", "Cache-Control: max-age=600\r\n"))};
  });
  EXPECT_EQ(told(get(first, "/x")), "STALE 200 1");
  ASSERT_TRUE(has_come->wait());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(get(second, "/x").body, "1");
  const std::string before = stored();
  go->set();
  EXPECT_TRUE(eventually([&] { return stored() != before; }));
  EXPECT_TRUE(eventually([&] { return get(second, "/x").body == "new" && get(first, "/x").body == "new"; }));
  EXPECT_EQ(upstream.requests().size(), 2u) << "the first, and one update";
}

// Memory takes no body of more than an eighth of the zone: all of them live from what Redis has.
TEST_F(SharedStale, AnswersAllWhenMemoryCannotHoldIt) {
  const std::string body(3 << 20, 'x'), lifetime = "Cache-Control: max-age=0, stale-while-revalidate=600\r\n";
  upstream.set_script([=](const UpstreamRequest& request) {
    if (request.path() == "/small") return Actions{Action::send(ok_response("s", "Cache-Control: max-age=600\r\n"))};
    return Actions{Action::send(ok_response(body, lifetime))};
  });
  ASSERT_TRUE(answers_without_redis(redis, first, "/small"));
  upstream.forget();
  EXPECT_EQ(get(first, "/large").status, 200);
  ASSERT_TRUE(eventually([&] { return keys_in(redis, "drishti:z:e:*").size() == 2 && keys_in(redis, "drishti:z:l:*").empty(); }));
  auto never = std::make_shared<Event>();
  upstream.set_script([=](const UpstreamRequest&) { return Actions{Action::wait(never)}; });
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<RawClient>(first.port()));
    clients.back()->send(request_text("GET", "/large"));
  }
  for (const auto& client : clients) {
    const RawResponse answer = client->read_response().value_or(RawResponse{});
    EXPECT_EQ(answer.body.size(), body.size());
    EXPECT_TRUE(answer.field("X-Cache") == "STALE" || answer.field("X-Cache") == "UPDATING") << answer.field("X-Cache");
  }
  EXPECT_TRUE(upstream.wait_until([&] { return upstream.requests().size() == 2; })) << "the first, and one update";
  EXPECT_EQ(upstream.requests().size(), 2u);
  never->set();
}

}  // namespace
}  // namespace drishti::testing
