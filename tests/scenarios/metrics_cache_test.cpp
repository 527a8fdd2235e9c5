// What the page of `metrics` tells about the response cache and its Redis, against what was really done.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/redis_cache.hpp"
#include "tests/support/metrics_page.hpp"

namespace drishti::testing {
namespace {

std::string requests(const std::string& result) {
  return "drishti_cache_requests_total{result=\"" + result + "\",zone=\"z\"}";
}
std::string errors(const std::string& kind) { return "drishti_cache_redis_errors_total{kind=\"" + kind + "\",zone=\"z\"}"; }
std::string of_zone(const std::string& family) { return "drishti_cache_" + family + "{zone=\"z\"}"; }

/// Scrapes until SERIES is MORE than it was; the last page.
MetricsPage page_above(const ProxyUnderTest& proxy, const std::string& series, double value) {
  MetricsPage page = MetricsPage::of(proxy);
  eventually([&] { return (page = MetricsPage::of(proxy))[series] > value; });
  return page;
}

const std::string with_page = "\n} location = /metrics { metrics;";

TEST(MetricsOfTheCache, EveryOutcomeIsCountedAtItsZone) {
  FakeUpstream upstream([](const UpstreamRequest& request) {
    const std::string lifetime = request.path() == "/short" ? "max-age=0, stale-if-error=60" : "max-age=600";
    if (request.path() == "/short" && request.number > 1) return Actions{Action::close()};
    return Actions{Action::send(ok_response("12345", "Cache-Control: " + lifetime + "\r\n"))};
  });
  ProxyUnderTest proxy(cache_config(upstream, "proxy_cache_bypass $arg_fresh;" + with_page));
  const MetricsPage at_start = MetricsPage::of(proxy);
  for (const char* result : {"hit", "miss", "expired", "stale", "updating", "revalidated", "bypass"})
    EXPECT_EQ(at_start[requests(result)], 0) << result;
  EXPECT_EQ(at_start[of_zone("memory_limit_bytes")], 16 << 20);
  EXPECT_EQ(get(proxy, "/a").field("X-Cache"), "MISS");
  std::size_t hit_bytes = 0;
  for (int i = 0; i < 3; ++i) {
    const RawResponse hit = get(proxy, "/a");
    EXPECT_EQ(hit.field("X-Cache"), "HIT");
    hit_bytes += hit.body.size();
  }
  EXPECT_EQ(get(proxy, "/a?fresh=1").field("X-Cache"), "BYPASS");
  ask(proxy, request_text("DELETE", "/elsewhere", "Connection: close\r\n"));  // no word of $upstream_cache_status
  const MetricsPage page = page_with(proxy, requests("bypass"), 1);
  EXPECT_EQ(page[requests("miss")], 1);
  EXPECT_EQ(page[requests("hit")], 3);
  EXPECT_EQ(page[requests("bypass")], 1);
  EXPECT_EQ(page.sum("drishti_cache_requests_total"), 5);
  EXPECT_GT(page["drishti_cache_response_bytes_total{result=\"hit\",zone=\"z\"}"], static_cast<double>(hit_bytes));
  EXPECT_EQ(page["drishti_cache_response_bytes_total{result=\"stale\",zone=\"z\"}"], 0);
  EXPECT_EQ(page[of_zone("memory_entries")], 2) << "/a and what the bypass brought";
  EXPECT_GT(page[of_zone("memory_bytes")], 0);
  EXPECT_EQ(page[of_zone("memory_evictions_total")], 0);
}

TEST(MetricsOfTheCache, RevalidatedAndStaleAnswersHaveCountsOfTheirOwn) {
  auto broken = std::make_shared<std::atomic<bool>>(false);
  FakeUpstream upstream([=](const UpstreamRequest& request) {
    if (*broken) return Actions{Action::close()};
    if (request.head.find("If-None-Match") != std::string::npos) return Actions{Action::send("HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n")};
    return Actions{Action::send(ok_response("x", "Cache-Control: max-age=0\r\nETag: \"1\"\r\n"))};
  });
  ProxyUnderTest proxy(cache_config(upstream, "proxy_cache_valid 200 0s; proxy_cache_revalidate on; proxy_cache_use_stale error;" + with_page));
  EXPECT_EQ(get(proxy, "/").field("X-Cache"), "MISS");
  EXPECT_EQ(get(proxy, "/").field("X-Cache"), "REVALIDATED");
  *broken = true;
  EXPECT_EQ(get(proxy, "/").field("X-Cache"), "STALE");
  const MetricsPage page = page_with(proxy, requests("stale"), 1);
  EXPECT_EQ(page[requests("stale")], 1);
  EXPECT_EQ(page[requests("revalidated")], 1);
  EXPECT_EQ(page[requests("miss")], 1);
}

TEST(MetricsOfTheCache, AReloadKeepsTheCounts) {
  FakeUpstream upstream(counts("Cache-Control: max-age=600\r\n"));
  const std::string config = cache_config(upstream, with_page);
  ProxyUnderTest proxy(config);
  get(proxy, "/a");
  get(proxy, "/a");
  page_with(proxy, requests("hit"), 1);
  proxy.write_config(config + "# changed\n");
  proxy.send_signal(SIGHUP);
  ASSERT_TRUE(proxy.wait_for_log("reconfigured: new requests use the new configuration"));
  get(proxy, "/a");
  const MetricsPage page = page_with(proxy, requests("hit"), 2);
  EXPECT_EQ(page[requests("hit")], 2);
  EXPECT_EQ(page[of_zone("memory_entries")], 1);
}

TEST(MetricsOfTheCache, RequestsThatShareAFetchAreCountedAsCollapsed) {
  auto release = std::make_shared<Event>();
  FakeUpstream upstream([=](const UpstreamRequest&) {
    return Actions{Action::wait(release), Action::send(ok_response("x", "Cache-Control: max-age=600\r\n"))};
  });
  ProxyUnderTest proxy(cache_config(upstream, "proxy_cache_lock on; proxy_cache_lock_timeout 60s;" + with_page));
  RawClient first(proxy.port()), second(proxy.port());
  first.send(request_text("GET", "/"));
  ASSERT_TRUE(upstream.wait_until([&] { return upstream.requests().size() == 1; }));
  second.send(request_text("GET", "/"));
  page_with(proxy, "nginx_connections_writing", 3);  // both, and the scrape
  release->set();
  first.read_response();
  second.read_response();
  const MetricsPage page = page_with(proxy, requests("hit"), 1);
  EXPECT_EQ(page[of_zone("collapsed_total")], 1);
  EXPECT_EQ(page[requests("miss")], 1);
}

TEST(MetricsOfRedis, ItsErrorsItsLatencyAndItsBreakerShow) {
  RedisProcess redis;
  FakeUpstream upstream(counts("Cache-Control: max-age=600\r\n"));
  ProxyUnderTest proxy("worker_processes 2;\n" + redis_config(upstream, redis.url("?timeout=2000ms"), with_page));
  const MetricsPage connected = page_with(proxy, of_zone("redis_breaker_open"), 0);
  ASSERT_EQ(connected[of_zone("redis_breaker_open")], 0);
  EXPECT_GE(connected[of_zone("redis_connections")], 2);
  EXPECT_EQ(connected[errors("timeout")], 0);
  EXPECT_GT(connected[of_zone("redis_command_duration_seconds_count")], 0) << "the greetings";

  get(proxy, "/a");
  ASSERT_TRUE(eventually([&] { return !only_entry(redis).empty(); }));
  const std::string name = only_entry(redis);
  EXPECT_EQ(page_above(proxy, "drishti_cache_redis_lookups_total{result=\"miss\",zone=\"z\"}", 0)[errors("wrong_type")], 0);

  ASSERT_TRUE(redis.cli({"DEL", name}).integer == 1 && redis.cli({"LPUSH", name, "x"}).integer == 1);
  ASSERT_TRUE(eventually([&] { get(proxy, "/a"); return MetricsPage::of(proxy)[errors("wrong_type")] > 0; }));
  redis.cli({"SET", name, "no entry of ours"});
  ASSERT_TRUE(eventually([&] { get(proxy, "/a"); return MetricsPage::of(proxy)[errors("corrupt")] > 0; }));
  EXPECT_GT(MetricsPage::of(proxy)[of_zone("redis_invalidations_total")], 0);

  redis.kill();
  const MetricsPage down = page_with(proxy, of_zone("redis_breaker_open"), 2);
  EXPECT_EQ(down[of_zone("redis_breaker_open")], 2) << "both workers";
  EXPECT_EQ(page_with(proxy, of_zone("redis_connections"), 0)[of_zone("redis_connections")], 0);
  page_above(proxy, errors("connect"), 0);
  get(proxy, "/b");
  redis.start();
  const MetricsPage again = page_with(proxy, of_zone("redis_breaker_open"), 0);
  EXPECT_EQ(again[of_zone("redis_breaker_open")], 0);
  EXPECT_GT(again[of_zone("redis_connects_total")], connected[of_zone("redis_connects_total")]);
}

TEST(MetricsOfRedis, ASilentRedisIsATimeoutAndAForbiddenCommandIsAuth) {
  RedisProcess redis({"--user", "limited", "on", ">secret", "~*", "&*", "+@all", "-get"});
  FakeUpstream upstream(counts("Cache-Control: max-age=600\r\n"));
  const std::string url = "redis://limited:secret@127.0.0.1:" + std::to_string(redis.port()) + "?timeout=300ms";
  ProxyUnderTest proxy(redis_config(upstream, url, with_page));
  page_with(proxy, of_zone("redis_breaker_open"), 0);
  get(proxy, "/a");
  EXPECT_GT(page_above(proxy, errors("auth"), 0)[errors("auth")], 0);
  redis.freeze();
  get(proxy, "/b");
  const double timeouts = page_above(proxy, errors("timeout"), 0)[errors("timeout")];
  redis.thaw();
  EXPECT_GT(timeouts, 0);
}

}  // namespace
}  // namespace drishti::testing
