// Purging through the admin API. Whole proxy.

#include <gtest/gtest.h>

#include <atomic>
#include <map>

#include "tests/redis/redis_process.hpp"
#include "tests/scenarios/admin_support.hpp"
#include "tests/support/patience.hpp"

namespace drishti::testing {
namespace {

/// Numbers its answers; they may be kept, with a tag of their path.
FakeUpstream::Script counts() {
  auto number = std::make_shared<std::atomic<int>>(0);
  return [number](const UpstreamRequest& request) {
    return Actions{Action::send(ok_response(request.path() + " " + std::to_string(++*number),
                                            "Cache-Control: max-age=600\r\nCache-Tag: all, " + request.path() + "\r\n"))};
  };
}

std::string cached_config(const TokenFile& token, const FakeUpstream& upstream, const std::string& place = "memory") {
  return with_admin(token, http_config("proxy_cache_path " + place + " keys_zone=c:4m;\nserver { listen 127.0.0.1:@port@; "
                                       "location / { proxy_pass http://" + upstream.address() + "; proxy_cache c; } }"));
}

std::string body_of(const ProxyUnderTest& proxy, const std::string& path) {
  return ask(proxy, request_text("GET", path)).body;
}

/// The answer for PATH once it comes from the cache: a response is kept when its last byte went out, not before.
std::string kept_body(const ProxyUnderTest& proxy, const std::string& path) {
  std::string before = body_of(proxy, path);
  for (int i = 0; i < 500; ++i) {
    std::string body = body_of(proxy, path);
    if (body == before) return body;
    before = std::move(body);
  }
  ADD_FAILURE() << path << " is not kept";
  return before;
}

struct Wish {
  const char* name;
  std::string value;
  std::vector<std::string> gone, kept;
};

void expect_purged(const ProxyUnderTest& proxy, const Wish& wish) {
  std::map<std::string, std::string> before;
  for (const auto& paths : {wish.gone, wish.kept})
    for (const std::string& path : paths) before[path] = kept_body(proxy, path);
  const ApiAnswer answer = admin_post(proxy, "/api/1/purge", {{wish.name, wish.value}});
  ASSERT_EQ(answer.status, 200) << answer.raw.body;
  EXPECT_EQ(answer.body.at("memory").to_number<std::size_t>(), wish.gone.size()) << wish.value;
  for (const std::string& path : wish.gone) EXPECT_NE(body_of(proxy, path), before[path]) << wish.value << " " << path;
  for (const std::string& path : wish.kept) EXPECT_EQ(body_of(proxy, path), before[path]) << wish.value << " " << path;
}

TEST(AdminPurge, RemovesAUrlABeginningOrATagAndNothingElse) {
  TokenFile token;
  FakeUpstream upstream(counts());
  ProxyUnderTest proxy(cached_config(token, upstream));
  expect_purged(proxy, {"url", "http://A.test/news/1", {"/news/1"}, {"/news/10", "/news/1?x"}});
  expect_purged(proxy, {"prefix", "http://a.test:80/news/1", {"/news/1", "/news/10", "/news/1?x"}, {"/news/2"}});
  expect_purged(proxy, {"tag", "/tagged", {"/tagged"}, {"/news/2"}});
  EXPECT_EQ(admin_post(proxy, "/api/1/purge", {{"tag", "all"}, {"zone", "d"}}).status, 404);
}

/// The zone as the API tells of it, once HITS were counted: that is done when the last byte went out, not before.
json::value zone_after(const ProxyUnderTest& proxy, int hits) {
  json::value zone;
  for (int i = 0; i < 500; ++i) {
    zone = admin_get(proxy, "/api/1/caches").body.at("caches").at(0);
    if (zone.at("requests").at("hit").to_number<int>() >= hits) return zone;
  }
  ADD_FAILURE() << "the hits are not counted";
  return zone;
}

TEST(AdminPurge, CountsWhatStandsInTheZone) {
  TokenFile token;
  FakeUpstream upstream(counts());
  ProxyUnderTest proxy(cached_config(token, upstream));
  kept_body(proxy, "/1");
  kept_body(proxy, "/2");
  const json::value zone = zone_after(proxy, 2);
  EXPECT_EQ(zone.at("entries").to_number<int>(), 2);
  EXPECT_EQ(zone.at("memory_limit").to_number<int>(), 4 << 20);
  EXPECT_GT(zone.at("memory_bytes").to_number<int>(), 0);
  EXPECT_EQ(zone.at("requests").at("miss").to_number<int>(), 2);
  EXPECT_TRUE(zone.at("redis").is_null());
  EXPECT_EQ(admin_post(proxy, "/api/1/purge", {{"tag", "all"}}).status, 200);
  EXPECT_EQ(admin_get(proxy, "/api/1/caches").body.at("caches").at(0).at("entries").to_number<int>(), 0);
}

TEST(AdminPurge, OfAUrlReachesRedisAndWhoeverSharesIt) {
  TokenFile token;
  cache::redis::testing::RedisProcess redis;
  FakeUpstream upstream(counts());
  const std::string place = redis.url("/0");
  ProxyUnderTest one(cached_config(token, upstream, place + " timeout=5s")), two(cached_config(token, upstream, place + " timeout=5s"));
  ASSERT_TRUE(eventually([&] { return body_of(one, "/x") == body_of(two, "/x"); })) << "both have the same";
  const std::string before = body_of(two, "/x"), other = body_of(two, "/xy");
  ApiAnswer answer;
  ASSERT_TRUE(eventually([&] {
    answer = admin_post(one, "/api/1/purge", {{"url", "http://a.test/x"}});
    return answer.status == 200;
  })) << answer.raw.body;
  EXPECT_TRUE(answer.body.at("shared").as_bool());
  EXPECT_EQ(admin_get(one, "/api/1/caches").body.at("caches").at(0).at("redis").at("workers_connected").to_number<int>(), 1);
  EXPECT_TRUE(eventually([&] { return body_of(two, "/x") != before; }));
  EXPECT_EQ(body_of(two, "/xy"), other);
}

}  // namespace
}  // namespace drishti::testing
