// The response cache: what is answered from it, and what is not.

#include <gtest/gtest.h>

#include "tests/scenarios/cache.hpp"

namespace drishti::testing {
namespace {

const std::string fresh = "Cache-Control: max-age=60\r\n";
const std::string stale_at_once = "Cache-Control: max-age=0, stale-if-error=60\r\nETag: \"v\"\r\n";

TEST(Cache, AnswersTheSecondRequestItself) {
  FakeUpstream upstream(counts(fresh));
  ProxyUnderTest proxy(cache_config(upstream));
  EXPECT_EQ(told(get(proxy, "/a")), "MISS 200 1");
  const RawResponse hit = get(proxy, "/a");
  EXPECT_EQ(told(hit), "HIT 200 1");
  EXPECT_EQ(hit.field("Age"), "0");
  EXPECT_TRUE(hit.field("Cache-Status").starts_with("drishti; hit; ttl=")) << hit.field("Cache-Status");
  EXPECT_EQ(upstream.requests().size(), 1u);
}

TEST(Cache, TellsUrlsHostsAndQueriesApart) {
  FakeUpstream upstream(counts(fresh));
  ProxyUnderTest proxy(cache_config(upstream));
  EXPECT_EQ(get(proxy, "/a").body, "1");
  EXPECT_EQ(get(proxy, "/a?").body, "2");
  EXPECT_EQ(get(proxy, "/a?x=1").body, "3");
  EXPECT_EQ(ask(proxy, "GET /a HTTP/1.1\r\nHost: b.test\r\n\r\n").body, "4");
  EXPECT_EQ(ask(proxy, "GET /a HTTP/1.1\r\nHost: A.TEST\r\n\r\n").body, "1");
}

TEST(Cache, AsksForEachRequestWithoutALifetime) {
  FakeUpstream upstream(counts(""));
  ProxyUnderTest proxy(cache_config(upstream));
  EXPECT_EQ(told(get(proxy, "/")), "MISS 200 1");
  EXPECT_EQ(told(get(proxy, "/")), "MISS 200 2");
}

TEST(Cache, StoresForAsLongAsProxyCacheValidSays) {
  FakeUpstream upstream(counts(""));
  ProxyUnderTest proxy(cache_config(upstream, "proxy_cache_valid 200 1m;"));
  EXPECT_EQ(told(get(proxy, "/")), "MISS 200 1");
  EXPECT_EQ(told(get(proxy, "/")), "HIT 200 1");
}

TEST(Cache, NeverHandsOutPrivateThings) {
  for (const std::string fields : {"Cache-Control: private, max-age=60\r\n", "Cache-Control: no-store\r\n",
                                   "Cache-Control: max-age=60\r\nSet-Cookie: a=b\r\n", "Vary: *\r\nCache-Control: max-age=60\r\n"}) {
    FakeUpstream upstream(counts(fields));
    ProxyUnderTest proxy(cache_config(upstream));
    EXPECT_EQ(told(get(proxy, "/")), "MISS 200 1") << fields;
    EXPECT_EQ(told(get(proxy, "/")), "MISS 200 2") << fields;
  }
}

TEST(Cache, StoresNothingThatNeededAuthorization) {
  FakeUpstream upstream(counts(fresh));
  ProxyUnderTest proxy(cache_config(upstream));
  EXPECT_EQ(told(get(proxy, "/", "Authorization: Basic YTpi\r\n")), "MISS 200 1");
  EXPECT_EQ(told(get(proxy, "/")), "MISS 200 2");
}

TEST(Cache, KeepsAVariantForEachValueThatVaryNames) {
  FakeUpstream upstream(counts(fresh + "Vary: X-Lang\r\n"));
  ProxyUnderTest proxy(cache_config(upstream));
  EXPECT_EQ(told(get(proxy, "/", "X-Lang: de\r\n")), "MISS 200 1");
  EXPECT_EQ(told(get(proxy, "/", "X-Lang: en\r\n")), "MISS 200 2");
  EXPECT_EQ(told(get(proxy, "/", "X-Lang: de\r\n")), "HIT 200 1");
  EXPECT_EQ(told(get(proxy, "/", "X-Lang: en\r\n")), "HIT 200 2");
  EXPECT_EQ(told(get(proxy, "/")), "MISS 200 3");
}

TEST(Cache, AnswersHeadFromGet) {
  FakeUpstream upstream(counts(fresh));
  ProxyUnderTest proxy(cache_config(upstream));
  const RawResponse miss = ask(proxy, request_text("HEAD", "/"), true);
  EXPECT_EQ(miss.field("Content-Length"), "1");
  EXPECT_EQ(upstream.requests().front().line(), "GET / HTTP/1.1");
  EXPECT_EQ(told(get(proxy, "/")), "HIT 200 1");
  EXPECT_EQ(ask(proxy, request_text("HEAD", "/"), true).field("X-Cache"), "HIT");
}

TEST(Cache, AnswersConditionalRequests) {
  FakeUpstream upstream(counts(fresh + "ETag: \"v1\"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
  ProxyUnderTest proxy(cache_config(upstream));
  const RawResponse first = get(proxy, "/", "If-None-Match: \"v1\"\r\n");
  EXPECT_EQ(first.status, 304) << "the whole was fetched, and the client has it already";
  EXPECT_EQ(upstream.requests().front().head.find("If-None-Match"), std::string::npos);
  EXPECT_EQ(told(get(proxy, "/", "If-None-Match: W/\"v1\"\r\n")), "HIT 304 ");
  EXPECT_EQ(told(get(proxy, "/", "If-None-Match: \"v2\"\r\n")), "HIT 200 1");
  EXPECT_EQ(get(proxy, "/", "If-Match: \"v2\"\r\n").status, 412);
  EXPECT_EQ(get(proxy, "/", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n").status, 304);
}

TEST(Cache, CutsRangesOutOfTheWhole) {
  FakeUpstream upstream([](const UpstreamRequest&) { return Actions{Action::send(ok_response("0123456789", fresh))}; });
  ProxyUnderTest proxy(cache_config(upstream));
  for (const std::string cache : {"MISS", "HIT"}) {
    const RawResponse part = get(proxy, "/", "Range: bytes=2-4\r\n");
    EXPECT_EQ(told(part), cache + " 206 234");
    EXPECT_EQ(part.field("Content-Range"), "bytes 2-4/10");
  }
  EXPECT_EQ(upstream.requests().front().head.find("Range"), std::string::npos);
  EXPECT_EQ(get(proxy, "/", "Range: bytes=-3\r\n").body, "789");
  EXPECT_EQ(get(proxy, "/", "Range: bytes=20-\r\n").status, 416);
  EXPECT_NE(get(proxy, "/", "Range: bytes=0-0,9-9\r\n").field("Content-Type").find("multipart/byteranges"), std::string::npos);
  EXPECT_EQ(get(proxy, "/", "Range: bytes=0-1\r\nIf-Range: \"other\"\r\n").body, "0123456789");
}

TEST(Cache, ValidatesWhatHasExpired) {
  FakeUpstream upstream([](const UpstreamRequest& request) {
    const bool has_it = request.head.find("If-None-Match: \"v\"") != std::string::npos;
    return Actions{Action::send(has_it ? "HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=60\r\nETag: \"v\"\r\n\r\n"
                                       : ok_response("body", "Cache-Control: no-cache\r\nETag: \"v\"\r\n"))};
  });
  ProxyUnderTest proxy(cache_config(upstream));
  EXPECT_EQ(told(get(proxy, "/")), "MISS 200 body");
  EXPECT_EQ(told(get(proxy, "/")), "REVALIDATED 200 body");
  EXPECT_EQ(told(get(proxy, "/")), "HIT 200 body") << "the 304 made it fresh";
  EXPECT_EQ(upstream.requests().size(), 2u);
}

TEST(Cache, ServesStaleWhenTheUpstreamFails) {
  FakeUpstream upstream(counts("Cache-Control: max-age=0\r\nETag: \"v\"\r\n"));
  ProxyUnderTest proxy(cache_config(upstream, "proxy_cache_use_stale error timeout http_500 http_503;"));
  EXPECT_EQ(told(get(proxy, "/")), "MISS 200 1");
  upstream.set_script(answers_status(503, "down"));
  EXPECT_EQ(told(get(proxy, "/")), "STALE 200 1");
  upstream.set_script(answers_status(502, "down"));
  EXPECT_EQ(told(get(proxy, "/")), "EXPIRED 502 down") << "http_502 is not listed";
  upstream.kill();
  EXPECT_EQ(told(get(proxy, "/")), "STALE 200 1");
}

TEST(Cache, ServesStaleIfErrorWithoutAWord) {
  FakeUpstream upstream(counts(stale_at_once));
  ProxyUnderTest proxy(cache_config(upstream));
  EXPECT_EQ(told(get(proxy, "/")), "MISS 200 1");
  upstream.kill();
  EXPECT_EQ(told(get(proxy, "/")), "STALE 200 1");
}

TEST(Cache, UpdatesInTheBackground) {
  FakeUpstream upstream(counts("Cache-Control: max-age=0, stale-while-revalidate=60\r\n"));
  ProxyUnderTest proxy(cache_config(upstream));
  EXPECT_EQ(told(get(proxy, "/")), "MISS 200 1");
  EXPECT_EQ(told(get(proxy, "/")), "STALE 200 1");
  EXPECT_TRUE(upstream.wait_until([&] { return upstream.requests().size() == 2; }));
  std::string body;
  for (int i = 0; i < 500 && body != "2"; ++i) body = get(proxy, "/").body;
  EXPECT_EQ(body, "2") << "the update is what is served next";
}

TEST(Cache, IsPassedByWhenAskedTo) {
  FakeUpstream upstream(counts(fresh));
  ProxyUnderTest proxy(cache_config(upstream, "proxy_cache_bypass $arg_fresh; proxy_no_cache $arg_keep_out;"
                                              "proxy_cache_key $uri;"));
  EXPECT_EQ(told(get(proxy, "/?keep_out=1")), "MISS 200 1");
  EXPECT_EQ(told(get(proxy, "/")), "MISS 200 2");
  EXPECT_EQ(told(get(proxy, "/?fresh=0")), "HIT 200 2");
  EXPECT_EQ(told(get(proxy, "/?fresh=1")), "BYPASS 200 3");
  EXPECT_EQ(told(get(proxy, "/")), "HIT 200 3") << "what was fetched past the cache is stored";
}

TEST(Cache, StoresOnlyWhatIsUsedOften) {
  FakeUpstream upstream(counts(fresh));
  ProxyUnderTest proxy(cache_config(upstream, "proxy_cache_min_uses 3;"));
  EXPECT_EQ(told(get(proxy, "/")), "MISS 200 1");
  EXPECT_EQ(told(get(proxy, "/")), "MISS 200 2");
  EXPECT_EQ(told(get(proxy, "/")), "MISS 200 3");
  EXPECT_EQ(told(get(proxy, "/")), "HIT 200 3");
}

TEST(Cache, ForgetsWhatAnUnsafeRequestChanged) {
  FakeUpstream upstream(counts(fresh));
  ProxyUnderTest proxy(cache_config(upstream));
  EXPECT_EQ(get(proxy, "/a").body, "1");
  ask(proxy, request_text("POST", "/a", "", "x"));
  EXPECT_EQ(told(get(proxy, "/a")), "MISS 200 3");
}

TEST(Cache, ObeysTheClient) {
  FakeUpstream upstream(counts(fresh));
  ProxyUnderTest proxy(cache_config(upstream));
  EXPECT_EQ(get(proxy, "/", "Cache-Control: only-if-cached\r\n").status, 504);
  EXPECT_EQ(get(proxy, "/").body, "1");
  EXPECT_EQ(get(proxy, "/", "Cache-Control: only-if-cached\r\n").body, "1");
  EXPECT_EQ(get(proxy, "/", "Cache-Control: no-cache\r\n").body, "2");
  EXPECT_EQ(get(proxy, "/").body, "2");
}

TEST(Cache, SurvivesAReload) {
  FakeUpstream upstream(counts(fresh));
  ProxyUnderTest proxy(cache_config(upstream));
  EXPECT_EQ(told(get(proxy, "/")), "MISS 200 1");
  proxy.send_signal(SIGHUP);
  ASSERT_TRUE(proxy.wait_for_log("generation 1 of the configuration ended"));
  EXPECT_EQ(told(get(proxy, "/")), "HIT 200 1");
}

TEST(Cache, DoesNotKeepACutResponse) {
  FakeUpstream upstream([](const UpstreamRequest&) {
    return Actions{Action::send("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 10\r\n\r\nhalf"), Action::close()};
  });
  ProxyUnderTest proxy(cache_config(upstream));
  EXPECT_FALSE(get(proxy, "/").complete);
  upstream.set_script(counts(fresh));
  EXPECT_EQ(told(get(proxy, "/")), "MISS 200 1");
}

}  // namespace
}  // namespace drishti::testing
