// What users may write, and what they are told when it is wrong.

#include "cache/redis/redis_url.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

namespace drishti::cache::redis {
namespace {

RedisUrl good(const char* text) {
  const ParsedUrl parsed = parse_redis_url(text);
  EXPECT_TRUE(parsed.url) << text << ": " << parsed.error;
  return parsed.url.value_or(RedisUrl{});
}

TEST(RedisUrl, HasUserPasswordHostPortAndDatabase) {
  const RedisUrl url = good("redis://ann:s%40cret@cache.example:6380/3");
  EXPECT_EQ(url.user, "ann");
  EXPECT_EQ(url.password, "s@cret");
  EXPECT_EQ(url.nodes, (std::vector<Node>{{"cache.example", 6380}}));
  EXPECT_EQ(url.database, 3u);
  EXPECT_FALSE(url.tls);
  EXPECT_EQ(url.timeout, std::chrono::milliseconds(20));
}

TEST(RedisUrl, FillsInWhatIsUsual) {
  EXPECT_EQ(good("redis://localhost").nodes, (std::vector<Node>{{"localhost", 6379}}));
  EXPECT_EQ(good("redis://localhost/").database, 0u);
  EXPECT_EQ(good("redis://:secret@localhost").user, "");
  EXPECT_EQ(good("redis://:secret@localhost").password, "secret");
  EXPECT_TRUE(good("rediss://localhost").tls);
  EXPECT_EQ(good("redis://[::1]:7000").nodes, (std::vector<Node>{{"::1", 7000}}));
}

TEST(RedisUrl, KnowsSocketsClustersAndSentinels) {
  EXPECT_EQ(good("unix:/run/redis.sock").nodes, (std::vector<Node>{{"/run/redis.sock", 0}}));
  EXPECT_EQ(good("redis+unix://:pw@/run/redis.sock?db=2").password, "pw");
  EXPECT_EQ(good("redis+unix://:pw@/run/redis.sock?db=2").database, 2u);
  const RedisUrl cluster = good("redis://a:7000,b,c:7002?cluster");
  EXPECT_EQ(cluster.kind, RedisUrl::Kind::cluster);
  EXPECT_EQ(cluster.nodes, (std::vector<Node>{{"a", 7000}, {"b", 6379}, {"c", 7002}}));
  const RedisUrl sentinel = good("redis-sentinel://:pw@a,b:26380/mymaster/1");
  EXPECT_EQ(sentinel.kind, RedisUrl::Kind::sentinel);
  EXPECT_EQ(sentinel.nodes, (std::vector<Node>{{"a", 26379}, {"b", 26380}}));
  EXPECT_EQ(sentinel.master_name, "mymaster");
  EXPECT_EQ(sentinel.database, 1u);
}

TEST(RedisUrl, TakesOptions) {
  const RedisUrl url = good("rediss://h?timeout=50ms&prefix=shop%3A&verify=off&ca=/etc/ca.pem&name=redis.example");
  EXPECT_EQ(url.timeout, std::chrono::milliseconds(50));
  EXPECT_EQ(url.prefix, "shop:");
  EXPECT_FALSE(url.verify);
  EXPECT_EQ(url.ca_file, "/etc/ca.pem");
  EXPECT_EQ(url.server_name, "redis.example");
}

TEST(RedisUrl, SaysWhatIsWrong) {
  const struct {
    const char *text, *part;
  } cases[] = {{"http://h", "begins with"},           {"redis://", "without a host"},
               {"redis://h:0", "port"},               {"redis://h:99999", "port"},
               {"redis://h:x", "port"},               {"redis://h/x", "database"},
               {"redis://[::1", "[ without ]"},       {"redis-sentinel://h", "names the master"},
               {"redis://h?cluster&x=1", "unknown option"},
               {"redis://h/1?cluster", "database 0"}, {"redis://h?timeout=2h", "timeout"},
               {"redis://h?prefix=", "prefix"},       {"redis://h?prefix={a}", "prefix"},
               {"unix:relative", "begins with /"},    {"redis://a%4@h", "%25"},
               {"redis://ann@h", "no password"},      {"redis-sentinel://h/m?cluster", "cluster goes with"}};
  for (const auto& [text, part] : cases) {
    const ParsedUrl parsed = parse_redis_url(text);
    EXPECT_FALSE(parsed.url) << text;
    EXPECT_NE(parsed.error.find(part), std::string::npos) << text << ": " << parsed.error;
  }
}

TEST(RedisUrl, NeverRepeatsThePassword) {
  for (const char* text : {"redis://ann:hunter2@h", "redis+unix://ann:hunter2@/s", "redis-sentinel://ann:hunter2@h/m"})
    EXPECT_EQ(good(text).safe_text().find("hunter2"), std::string::npos) << text;
  EXPECT_EQ(good("redis://ann:hunter2@h:1/2").safe_text(), "redis://h:1/2");
  for (const char* text : {"redis://ann:hunter2", "redis://ann:12?hunter2@h", "redis://ann:hunter2@", "redis://ann:%hunter2@h",
                           "redis://ann:/hunter2@h:x", "unix:ann:hunter2@x"})
    EXPECT_EQ(parse_redis_url(text).error.find("hunter2"), std::string::npos) << text;
}

TEST(RedisUrl, ComesFromTheEnvironmentWhenTheWordIsRedis) {
  ::unsetenv("REDIS_URL");
  EXPECT_EQ(redis_url_from("redis").url->nodes, (std::vector<Node>{{"127.0.0.1", 6379}}));
  ::setenv("REDIS_URL", "redis://:pw@cache:7000/1", 1);
  EXPECT_EQ(redis_url_from("redis").url->nodes, (std::vector<Node>{{"cache", 7000}}));
  EXPECT_EQ(redis_url_from("redis://other").url->nodes.front().host, "other");
  ::setenv("REDIS_URL", "nonsense", 1);
  EXPECT_TRUE(redis_url_from("redis").error.starts_with("REDIS_URL: "));
  ::unsetenv("REDIS_URL");
  EXPECT_TRUE(is_redis_url("redis"));
  EXPECT_TRUE(is_redis_url("unix:/x"));
  EXPECT_FALSE(is_redis_url("/var/cache/nginx"));
  EXPECT_FALSE(is_redis_url("memory"));
}

}  // namespace
}  // namespace drishti::cache::redis
