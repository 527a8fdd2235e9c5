// proxy_cache_purge.

#include <gtest/gtest.h>

#include "tests/scenarios/cache.hpp"

namespace drishti::testing {
namespace {

RawResponse purge(const ProxyUnderTest& proxy, const std::string& path, const std::string& fields = {}) {
  return ask(proxy, request_text("PURGE", path, fields));
}

TEST(CachePurge, RemovesOneUrl) {
  FakeUpstream upstream(counts("Cache-Control: max-age=60\r\n"));
  ProxyUnderTest proxy(cache_config(upstream, "proxy_cache_purge on;"));
  get(proxy, "/a");
  get(proxy, "/b");
  const RawResponse purged = purge(proxy, "/a");
  EXPECT_EQ(purged.status, 200);
  EXPECT_EQ(purged.field("Content-Type"), "application/json");
  EXPECT_EQ(purged.body, "{\"purged\":\"url\",\"memory\":1}\n");
  EXPECT_EQ(told(get(proxy, "/a")), "MISS 200 3");
  EXPECT_EQ(told(get(proxy, "/b")), "HIT 200 2");
}

TEST(CachePurge, RemovesAllVariantsOfAUrl) {
  FakeUpstream upstream(counts("Cache-Control: max-age=60\r\nVary: X-Lang\r\n"));
  ProxyUnderTest proxy(cache_config(upstream, "proxy_cache_purge on;"));
  get(proxy, "/", "X-Lang: de\r\n");
  get(proxy, "/", "X-Lang: en\r\n");
  purge(proxy, "/");
  EXPECT_EQ(told(get(proxy, "/", "X-Lang: de\r\n")), "MISS 200 3");
  EXPECT_EQ(told(get(proxy, "/", "X-Lang: en\r\n")), "MISS 200 4");
}

TEST(CachePurge, RemovesByTheBeginningOfUrls) {
  FakeUpstream upstream(counts("Cache-Control: max-age=60\r\n"));
  ProxyUnderTest proxy(cache_config(upstream, "proxy_cache_purge on;"));
  get(proxy, "/img/1");
  get(proxy, "/img/2");
  get(proxy, "/api");
  EXPECT_EQ(purge(proxy, "/img/*").body, "{\"purged\":\"prefix\",\"memory\":2}\n");
  EXPECT_EQ(told(get(proxy, "/img/1")), "MISS 200 4");
  EXPECT_EQ(told(get(proxy, "/api")), "HIT 200 3");
}

TEST(CachePurge, RemovesByTag) {
  FakeUpstream upstream([](const UpstreamRequest& request) {
    const std::string tag = request.path() == "/1" ? "Cache-Tag: shoes, sale\r\n" : "Surrogate-Key: hats sale\r\n";
    return Actions{Action::send(ok_response(request.path(), "Cache-Control: max-age=60\r\n" + tag))};
  });
  ProxyUnderTest proxy(cache_config(upstream, "proxy_cache_purge on;"));
  get(proxy, "/1");
  get(proxy, "/2");
  EXPECT_EQ(purge(proxy, "/", "Cache-Tag: shoes\r\n").body, "{\"purged\":\"tag\",\"memory\":1}\n");
  EXPECT_EQ(told(get(proxy, "/1")), "MISS 200 /1");
  EXPECT_EQ(told(get(proxy, "/2")), "HIT 200 /2");
  EXPECT_EQ(purge(proxy, "/", "Surrogate-Key: sale\r\n").body, "{\"purged\":\"tag\",\"memory\":2}\n");
}

TEST(CachePurge, IsForGivenAddressesOnly) {
  FakeUpstream upstream(counts("Cache-Control: max-age=60\r\n"));
  ProxyUnderTest proxy(cache_config(upstream, "proxy_cache_purge PURGE from 10.0.0.0/8;"));
  get(proxy, "/");
  EXPECT_EQ(purge(proxy, "/").status, 403);
  EXPECT_EQ(told(get(proxy, "/")), "HIT 200 1");
}

TEST(CachePurge, IsAnOrdinaryMethodUnlessSwitchedOn) {
  FakeUpstream upstream(counts("Cache-Control: max-age=60\r\n"));
  ProxyUnderTest proxy(cache_config(upstream));
  purge(proxy, "/");
  EXPECT_EQ(upstream.requests().front().line(), "PURGE / HTTP/1.1");
}

TEST(CachePurge, HappensWhenAConditionHolds) {
  FakeUpstream upstream(counts("Cache-Control: max-age=60\r\n"));
  ProxyUnderTest proxy(cache_config(upstream, "proxy_cache_purge $http_x_purge; proxy_cache_key $uri;"));
  get(proxy, "/");
  EXPECT_EQ(get(proxy, "/", "X-Purge: 1\r\n").body, "{\"purged\":\"url\",\"memory\":1}\n");
  EXPECT_EQ(told(get(proxy, "/")), "MISS 200 2");
}

}  // namespace
}  // namespace drishti::testing
