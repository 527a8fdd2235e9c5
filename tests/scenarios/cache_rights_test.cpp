// What the cache needs of a Redis whose users have rights (ACL), and what it says when one is missing.

#include <gtest/gtest.h>

#include "tests/scenarios/redis_cache.hpp"

namespace drishti::testing {
namespace {

// As docs/CACHE.md has them.
const std::vector<std::string> documented_rights{
    "~drishti:*", "&__redis__:invalidate", "+get", "+mget", "+set", "+unlink", "+del", "+pttl", "+eval", "+incr", "+time",
    "+zadd", "+zcard", "+zrange", "+zremrangebyrank", "+ping", "+select", "+client|setname", "+client|id", "+client|tracking",
    "+subscribe"};

void make_user(const RedisProcess& redis, std::vector<std::string> rights) {
  std::vector<std::string> words{"ACL", "SETUSER", "cache", "reset", "on", ">secret"};
  words.insert(words.end(), rights.begin(), rights.end());
  ASSERT_TRUE(redis.cli(words).is_ok());
}

std::string url_of(const RedisProcess& redis) {
  return "redis://cache:secret@127.0.0.1:" + std::to_string(redis.port()) + "/0?timeout=1s";
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

struct CacheRights : ::testing::Test {
  RedisProcess redis;
  FakeUpstream upstream{counts("Cache-Control: max-age=600\r\nCache-Tag: t\r\n")};
};

TEST_F(CacheRights, TheDocumentedOnesAreEnough) {
  make_user(redis, documented_rights);
  ProxyUnderTest first(redis_config(upstream, url_of(redis), "proxy_cache_purge on;"));
  ProxyUnderTest second(redis_config(upstream, url_of(redis), "proxy_cache_purge on;"));
  ASSERT_TRUE(eventually([&] { return are_connected(redis, 2, 1); }));
  ASSERT_TRUE(answers_from_memory(first, "/a"));
  ASSERT_TRUE(eventually([&] { return !only_entry(redis).empty(); }));
  EXPECT_EQ(told(get(second, "/a")), "HIT 200 1");
  EXPECT_EQ(ask(first, request_text("PURGE", "/a")).status, 200);
  EXPECT_EQ(ask(first, request_text("PURGE", "/b/*")).status, 200);
  EXPECT_EQ(ask(first, request_text("PURGE", "/", "Cache-Tag: other\r\n")).status, 200);
  EXPECT_EQ(get(first, "/a").status, 200);
  EXPECT_EQ(ask(first, request_text("POST", "/a", "Content-Length: 0\r\n")).status, 200);
  EXPECT_EQ(count(first.error_log() + second.error_log(), "NOPERM"), 0u) << first.error_log() << second.error_log();
}

TEST_F(CacheRights, TheMissingOneIsNamedInTheLogOnce) {
  const struct {
    const char* right;
    const char* line;
  } cases[] = {{"+eval", "the right +eval is missing"}, {"+get", "the right +get is missing"}, {"+set", "a command that a script of the cache runs"}};
  for (const auto& c : cases) {
    std::vector<std::string> rights = documented_rights;
    std::erase(rights, c.right);
    make_user(redis, rights);
    ProxyUnderTest proxy("worker_processes 2;\n" + redis_config(upstream, url_of(redis)));
    ASSERT_TRUE(eventually([&] { return are_connected(redis, 1, 2); }));
    for (int i = 0; i < 20; ++i) EXPECT_EQ(get(proxy, std::string("/") + c.right + std::to_string(i)).status, 200);
    EXPECT_TRUE(eventually([&] { return count(proxy.error_log(), c.line) > 0; })) << c.right << proxy.error_log();
    EXPECT_EQ(count(proxy.error_log(), c.line), 1u) << c.right << proxy.error_log();
  }
}

TEST_F(CacheRights, KeysOfAnotherPrefixAreRefusedAndSaid) {
  std::vector<std::string> rights = documented_rights;
  rights.front() = "~other:*";
  make_user(redis, rights);
  ProxyUnderTest proxy(redis_config(upstream, url_of(redis)));
  EXPECT_EQ(get(proxy, "/a").status, 200);
  EXPECT_TRUE(eventually([&] { return count(proxy.error_log(), "~drishti:*") == 1; })) << proxy.error_log();
}

}  // namespace
}  // namespace drishti::testing
