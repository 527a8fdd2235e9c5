// What one proxy fetches on other ways than a plain miss is in Redis for the others, unless it was purged in the meantime.

#include <gtest/gtest.h>

#include "tests/scenarios/redis_cache.hpp"

namespace drishti::testing {
namespace {

struct SharedPut : ::testing::Test {
  RedisProcess redis;
  FakeUpstream upstream{counts("Cache-Control: max-age=600\r\n")};
  std::string url = redis.url("?timeout=5s");
  ProxyUnderTest first{redis_config(upstream, url,
                                    "proxy_cache_purge on; proxy_cache_key $uri; proxy_cache_bypass $arg_fresh;"
                                    "proxy_cache_revalidate on; proxy_cache_background_update on; proxy_cache_use_stale updating;")};
  ProxyUnderTest second{redis_config(upstream, url, "proxy_cache_key $uri;")};

  void SetUp() override { ASSERT_TRUE(eventually([&] { return are_connected(redis, 2, 1); })); }
  bool has_entries(std::size_t count) {
    return eventually([&] { return keys_in(redis, "drishti:z:e:*").size() == count; });
  }
  std::string stored() const { return redis.cli({"GET", only_entry(redis)}).text; }
};

TEST_F(SharedPut, TakesWhatPassedTheCacheBy) {
  EXPECT_EQ(ask(first, request_text("PURGE", "/x")).status, 200) << "that is known by the fetches behind it";
  EXPECT_EQ(told(get(first, "/x?fresh=1")), "BYPASS 200 1");
  ASSERT_TRUE(has_entries(1));
  EXPECT_EQ(told(get(second, "/x")), "HIT 200 1");
  const std::string before = stored();
  EXPECT_EQ(told(get(first, "/x?fresh=1")), "BYPASS 200 2");
  EXPECT_TRUE(eventually([&] { return stored() != before; }));
}

TEST_F(SharedPut, LeavesOutWhatWasPurgedWhileItPassedTheCacheBy) {
  auto go = std::make_shared<Event>(), has_come = std::make_shared<Event>();
  upstream.set_script([=](const UpstreamRequest&) {
    has_come->set();
    return Actions{Action::wait(go), Action::send(ok_response("old", "Cache-Control: max-age=600\r\n"))};
  });
  RawClient slow(first.port());
  slow.send(request_text("GET", "/x?fresh=1"));
  ASSERT_TRUE(has_come->wait());
  EXPECT_EQ(ask(first, request_text("PURGE", "/x")).status, 200);
  go->set();
  EXPECT_EQ(slow.read_response().value_or(RawResponse{}).body, "old");
  upstream.set_script(counts("Cache-Control: max-age=600\r\n"));
  EXPECT_EQ(told(get(second, "/x")), "MISS 200 1");
  ASSERT_TRUE(has_entries(1));
  EXPECT_EQ(told(get(first, "/x")), "HIT 200 1");
}

TEST_F(SharedPut, TakesWhatWasUpdatedInTheBackground) {
  upstream.set_script(counts("Cache-Control: max-age=0, stale-while-revalidate=600\r\n"));
  const auto ask_first = [&] { return get(first, "/x").field("X-Cache"); };
  ASSERT_TRUE(eventually([&] { return ask_first() == "STALE"; })) << "out of memory, as soon as changes are heard of";
  const std::string before = stored();
  EXPECT_TRUE(eventually([&] {
    const std::string word = ask_first();
    EXPECT_TRUE(word == "STALE" || word == "UPDATING") << word;
    return stored() != before;
  }));
}

TEST_F(SharedPut, TakesWhatReplacedAResponseThatItsOriginDoesNotKnowAnyMore) {
  upstream.set_script([](const UpstreamRequest& request) {
    if (request.head.find("If-None-Match") != std::string::npos)
      return Actions{Action::send("HTTP/1.1 304 Not Modified\r\nETag: \"another\"\r\n\r\n")};
    return Actions{Action::send(ok_response("x", "ETag: \"one\"\r\nCache-Control: max-age=0, must-revalidate\r\n"))};
  });
  get(first, "/x");
  ASSERT_TRUE(has_entries(1));
  const std::string before = stored();
  EXPECT_EQ(get(first, "/x").status, 200);
  EXPECT_TRUE(eventually([&] { return !stored().empty() && stored() != before; })) << "removed, and put anew";
}

TEST_F(SharedPut, TakesWhatItsVaryHasBecome) {
  auto names = std::make_shared<std::string>("Accept-Language");
  upstream.set_script([=](const UpstreamRequest&) {
    return Actions{Action::send(ok_response(*names, "Cache-Control: max-age=600\r\nVary: " + *names + "\r\n"))};
  });
  EXPECT_EQ(ask(first, request_text("PURGE", "/x")).status, 200) << "that is known by the fetches behind it";
  EXPECT_EQ(told(get(first, "/x", "Accept-Language: en\r\n")), "MISS 200 Accept-Language");
  ASSERT_TRUE(has_entries(2)) << "the marker and the variant";
  EXPECT_EQ(told(get(first, "/x", "Accept-Language: en\r\n")), "HIT 200 Accept-Language") << "the marker is in memory";
  *names = "Accept";
  EXPECT_EQ(told(get(first, "/x", "Accept-Language: de\r\nAccept: text/html\r\n")), "MISS 200 Accept");
  ASSERT_TRUE(has_entries(3)) << "another marker, and another variant";
  EXPECT_EQ(told(get(second, "/x", "Accept-Language: fr\r\nAccept: text/html\r\n")), "HIT 200 Accept");
  EXPECT_EQ(upstream.requests().size(), 2u);
}

}  // namespace
}  // namespace drishti::testing
