// The key of a request: what is told apart, and what is not.

#include "request/cache_query.hpp"

#include <gtest/gtest.h>

#include "tests/support/context_builder.hpp"

namespace drishti::request {
namespace {

const std::string zone = "proxy_cache_path memory keys_zone=z:1m;";

std::string key_of(tests::TestRequest& request) {
  CacheQuery query(request.context);
  query.make_key();
  return std::string(query.key());
}

std::string key_for(const std::string& location, const std::string& target, const std::string& fields = {}) {
  tests::TestRequest request("location / { proxy_cache z; " + location + " }", zone);
  request.get(target, fields);
  return key_of(request);
}

TEST(CacheQuery, TheKeyHasTheWholeUrlAndTheUpstream) {
  EXPECT_EQ(key_for("proxy_pass http://127.0.0.1:81;", "/a?b=1"), "27:http://example.com:80/a?b=1" "12:127.0.0.1:81");
}

TEST(CacheQuery, WhatIsSentBelongsToTheKeyWhenItIsSomethingElse) {
  EXPECT_NE(key_for("proxy_pass http://127.0.0.1:81/x/;", "/a"), key_for("proxy_pass http://127.0.0.1:81/y/;", "/a"));
}

TEST(CacheQuery, AWrittenKeyIsTakenAsItIsAndLooksLikeNoOther) {
  EXPECT_EQ(key_for("proxy_pass http://127.0.0.1:81; proxy_cache_key $scheme$proxy_host$request_uri;", "/a"),
            "=http127.0.0.1:81/a");
  EXPECT_EQ(key_for("proxy_pass http://127.0.0.1:81; proxy_cache_key $arg_k;", "/?k=4:http"), "=4:http");
}

TEST(CacheQuery, AnotherTargetHasTheKeyThatItsOwnRequestWouldHave) {
  tests::TestRequest request("location / { proxy_cache z; proxy_pass http://127.0.0.1:81; }", zone);
  request.get("/other?x");
  const std::string expected = key_of(request);
  request.get("/first");
  CacheQuery query(request.context);
  EXPECT_TRUE(query.make_key_of("/other?x"));
  EXPECT_EQ(query.key(), expected);
}

TEST(CacheQuery, KnowsARangeBehindTheOffset) {
  tests::TestRequest request("location / { proxy_cache z; proxy_cache_max_range_offset 100; proxy_pass http://127.0.0.1:81; }", zone);
  const auto is_beyond = [&](const std::string& range) {
    request.get("/", "Range: " + range + "\r\n");
    return CacheQuery(request.context).is_beyond_range_offset();
  };
  EXPECT_FALSE(is_beyond("bytes=0-1000"));
  EXPECT_TRUE(is_beyond("bytes=100-"));
  EXPECT_TRUE(is_beyond("bytes=-5"));
  EXPECT_FALSE(is_beyond("lines=200-"));
}

}  // namespace
}  // namespace drishti::request
