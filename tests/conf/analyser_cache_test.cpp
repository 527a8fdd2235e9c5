// The directives of the response cache: nginx's words for mistakes, and what comes out of them.

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/conf/analyser_support.hpp"

namespace drishti::conf {
namespace {

TEST(CacheDirectives, ComplainInNginxsWords) {
  EXPECT_EQ(error_in_http("proxy_cache_path /tmp/x inactive=1m;"),
            "\"proxy_cache_path\" must have \"keys_zone\" parameter in test.conf:1");
  EXPECT_EQ(error_in_http("proxy_cache_path /tmp/x keys_zone=a;"),
            "invalid keys zone size \"keys_zone=a\" in test.conf:1");
  EXPECT_EQ(error_in_http("proxy_cache_path /tmp/x keys_zone=a:4k;"),
            "keys zone \"keys_zone=a:4k\" is too small in test.conf:1");
  EXPECT_EQ(error_in_http("proxy_cache_path /tmp/x keys_zone=a:1m; proxy_cache_path memory keys_zone=a:1m;"),
            "duplicate zone \"a\" in test.conf:1");
  EXPECT_EQ(error_in_http("proxy_cache_path /tmp/x keys_zone=a:1m levels=3;"), "invalid \"levels\" \"levels=3\" in test.conf:1");
  EXPECT_EQ(error_in_http("proxy_cache_path /tmp/x keys_zone=a:1m use_temp_path=maybe;"),
            "invalid use_temp_path value \"use_temp_path=maybe\", it must be \"on\" or \"off\" in test.conf:1");
  EXPECT_EQ(error_in_http("proxy_cache_path /tmp/x keys_zone=a:1m maxsize=1g;"), "invalid parameter \"maxsize=1g\" in test.conf:1");
  EXPECT_EQ(error_in_location("proxy_cache nowhere;"), "\"proxy_cache\" zone \"nowhere\" is unknown in test.conf:1");
  EXPECT_EQ(error_in_location("proxy_cache_valid 200 soon;"), "invalid time value \"soon\" in test.conf:1");
  EXPECT_EQ(error_in_location("proxy_cache_valid 20 1m;"), "invalid status \"20\" in test.conf:1");
  EXPECT_EQ(error_in_location("proxy_cache_methods PUT;"), "invalid value \"PUT\" in test.conf:1");
  EXPECT_EQ(error_in_location("proxy_cache_use_stale http_501;"), "invalid value \"http_501\" in test.conf:1");
  EXPECT_EQ(error_in_location("proxy_cache_purge PURGE from localhost;"), "invalid address \"localhost\" in test.conf:1");
}

TEST(CacheDirectives, SayWhenTheEnvironmentNamesNoRedis) {
  const auto warnings = [](const char* path) {
    return warnings_of(*analyse_text("http { proxy_cache_path " + std::string(path) + " keys_zone=a:1m; }"));
  };
  const std::string said = "\"proxy_cache_path redis\" finds no REDIS_URL in the environment; redis://127.0.0.1:6379 is used\n";
  ::unsetenv("REDIS_URL");
  EXPECT_EQ(warnings("redis"), said);
  EXPECT_EQ(warnings("redis://127.0.0.1:6379"), "");
  ::setenv("REDIS_URL", "", 1);
  EXPECT_EQ(warnings("redis"), said);
  ::setenv("REDIS_URL", "redis://cache", 1);
  EXPECT_EQ(warnings("redis"), "");
  ::unsetenv("REDIS_URL");
}

TEST(CacheDirectives, KnowARedisByEachOfItsSchemes) {
  for (const char* path : {"redis://h", "rediss://h", "redis-sentinel://h/m", "rediss-sentinel://h/m", "redis+unix:///s", "unix:/s"}) {
    const auto config = analyse_text("http { proxy_cache_path " + std::string(path) + " keys_zone=a:1m; }");
    EXPECT_EQ(config->cache_zones.front()->redis_url, path);
  }
}

TEST(CacheDirectives, GiveAZoneOneFormatOnly) {
  const std::string redis = "proxy_cache_path redis://127.0.0.1/0 keys_zone=r:1m; proxy_cache_path memory keys_zone=m:1m;";
  const auto error = [&](const std::string& locations) {
    return error_in_http(redis + "server { " + locations + " location / { proxy_cache r; proxy_pass http://127.0.0.1:1; } }");
  };
  const std::string to = " proxy_pass http://127.0.0.1:1; proxy_cache_format middleware; ";
  EXPECT_EQ(error("location /a { proxy_cache r;" + to + "}"),
            "zone \"r\" is used with two values of \"proxy_cache_format\" in test.conf:1");
  EXPECT_EQ(error("location /a { proxy_cache m;" + to + "}"),
            "\"proxy_cache_format middleware\" needs a zone in Redis, \"m\" is in memory in test.conf:1");
  EXPECT_EQ(error("location /a { proxy_cache $host;" + to + "}"),
            "\"proxy_cache_format middleware\" needs a \"proxy_cache\" without variables in test.conf:1");
  EXPECT_EQ(error("proxy_cache_format middleware; location /a { proxy_cache r; proxy_cache_key $uri;" + to + "}"),
            "\"proxy_cache_key\" can't be used with \"proxy_cache_format middleware\", whose key is the URL in test.conf:1");
}

TEST(AddressRange, HoldsTheAddressesOfItsBits) {
  const auto contains = [](const char* range, const char* ip) {
    return AddressRange::parse(range)->contains(*SocketAddress::from_ip(ip, 1));
  };
  EXPECT_TRUE(contains("10.0.0.0/8", "10.200.3.4"));
  EXPECT_FALSE(contains("10.0.0.0/8", "11.0.0.1"));
  EXPECT_TRUE(contains("192.168.1.128/25", "192.168.1.200"));
  EXPECT_FALSE(contains("192.168.1.128/25", "192.168.1.100"));
  EXPECT_TRUE(contains("10.0.0.0/8", "::ffff:10.0.0.1"));
  EXPECT_TRUE(contains("0.0.0.0/0", "8.8.8.8"));
  EXPECT_FALSE(contains("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(contains("2001:db8::/32", "2001:db8:1::1"));
  EXPECT_FALSE(contains("::1", "::2"));
  for (const char* wrong : {"", "10.0.0.0/33", "10.0.0.0/", "10.0.0", "::1/129", "localhost"})
    EXPECT_FALSE(AddressRange::parse(wrong)) << wrong;
}

}  // namespace
}  // namespace drishti::conf
