// Two proxies on one Redis: what one changes, the other does not serve any more.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "tests/scenarios/redis_cache.hpp"

namespace drishti::testing {
namespace {

using std::chrono::steady_clock;
using Micros = std::chrono::microseconds;

Micros since(steady_clock::time_point begun) { return std::chrono::duration_cast<Micros>(steady_clock::now() - begun); }

struct Latencies {
  std::vector<Micros> all;
  double ms(double share) {
    if (all.empty()) return 0;
    std::sort(all.begin(), all.end());
    const auto at = std::min(all.size() - 1, static_cast<std::size_t>(share * static_cast<double>(all.size())));
    return static_cast<double>(all[at].count()) / 1000;
  }
  void print(const char* what) {
    std::printf("%s: %zu, p50 %.2f ms, p99 %.2f ms, longest %.2f ms\n", what, all.size(), ms(0.5), ms(0.99), ms(1));
  }
};

struct TwoProxies : ::testing::Test {
  std::atomic<int> version{1};
  RedisProcess redis;
  FakeUpstream upstream{[this](const UpstreamRequest&) {
    return Actions{Action::send(ok_response(std::to_string(version.load()), lifetime))};
  }};
  std::string lifetime = "Cache-Control: max-age=600\r\n";
  ProxyUnderTest first{redis_config(upstream, redis.url("?timeout=200ms"), "proxy_cache_purge on;")};
  ProxyUnderTest second{redis_config(upstream, redis.url("?timeout=200ms"), "proxy_cache_purge on;")};
  RawClient to_first{first.port()}, to_second{second.port()};

  static RawResponse ask_on(RawClient& client, const std::string& method, const std::string& path) {
    client.send(request_text(method, path));
    return client.read_response().value_or(RawResponse{});
  }
  static int version_in(const RawResponse& response) { return response.body.empty() ? 0 : std::stoi(response.body); }

  /// Both answer the same from memory, and Redis has it.
  bool both_have_it(const std::string& path) {
    return eventually([&] {
      const RawResponse a = ask_on(to_first, "GET", path), b = ask_on(to_second, "GET", path);
      return a.body == b.body && a.field("X-Cache") == "HIT" && b.field("X-Cache") == "HIT" && !entry_of(path).empty();
    });
  }

  /// CHANGE returns when it was answered. How long each proxy served what was before; then it must never again.
  void measure(const char* what, int changes, const std::function<void(const std::string& path)>& change) {
    Latencies latencies;
    int late = 0;
    for (int i = 0; i < changes; ++i) {
      const std::string path = "/news/" + std::to_string(i % 7);
      ASSERT_TRUE(both_have_it(path)) << i;
      const int now = ++version;
      change(path);
      const auto begun = steady_clock::now();
      while (version_in(ask_on(to_second, "GET", path)) != now) ASSERT_LT(since(begun), std::chrono::seconds(5)) << what << i;
      latencies.all.push_back(since(begun));
      while (version_in(ask_on(to_first, "GET", path)) != now) ASSERT_LT(since(begun), std::chrono::seconds(5)) << what << i;
      latencies.all.push_back(since(begun));
      for (int again = 0; again < 10; ++again) {
        late += version_in(ask_on(to_second, "GET", path)) != now ? 1 : 0;
        late += version_in(ask_on(to_first, "GET", path)) != now ? 1 : 0;
      }
    }
    latencies.print(what);
    EXPECT_LT(latencies.ms(0.99), 50) << what;
    EXPECT_EQ(late, 0) << what << ": stale answers after the first new one";
  }

  std::string entry_of(const std::string& path) {
    for (const std::string& name : keys_in(redis, "drishti:z:e:*"))
      if (redis.cli({"GET", name}).text.find("http://a.test:80" + path) != std::string::npos) return name;
    return {};
  }
};

TEST_F(TwoProxies, APurgeIsSeenByTheOther) {
  measure("PURGE", 250, [&](const std::string& path) { EXPECT_EQ(ask_on(to_first, "PURGE", path).status, 200); });
}

TEST_F(TwoProxies, APurgeByPrefixIsSeenByTheOther) {
  measure("PURGE by prefix", 200, [&](const std::string&) { EXPECT_EQ(ask_on(to_first, "PURGE", "/news/*").status, 200); });
}

TEST_F(TwoProxies, ADeletionInRedisIsSeen) {
  RedisCli cli(redis.port());
  measure("DEL", 200, [&](const std::string& path) { EXPECT_EQ(cli({"DEL", entry_of(path)}).integer, 1); });
}

TEST_F(TwoProxies, AFlushIsSeen) {
  RedisCli cli(redis.port());
  measure("FLUSHDB", 200, [&](const std::string&) { EXPECT_TRUE(cli({"FLUSHDB"}).is_ok()); });
}

TEST_F(TwoProxies, AnOverwriteIsSeen) {
  RedisCli cli(redis.port());
  std::vector<std::string> versions;   // entries of one path, as they stood in Redis
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(both_have_it("/x"));
    versions.push_back(cli({"GET", entry_of("/x")}).text);
    ++version;
    EXPECT_EQ(ask_on(to_first, "PURGE", "/x").status, 200);
  }
  ASSERT_TRUE(both_have_it("/x"));
  const std::string name = entry_of("/x");
  Latencies latencies;
  int late = 0;
  for (int i = 0; i < 250; ++i) {
    const std::string wanted = std::to_string(1 + i % 2);
    ASSERT_TRUE(cli({"SET", name, versions[static_cast<std::size_t>(i % 2)], "PX", "600000"}).is_ok());
    const auto begun = steady_clock::now();
    while (ask_on(to_second, "GET", "/x").body != wanted) ASSERT_LT(since(begun), std::chrono::seconds(5)) << i;
    latencies.all.push_back(since(begun));
    for (int again = 0; again < 10; ++again) late += ask_on(to_second, "GET", "/x").body != wanted ? 1 : 0;
    ASSERT_TRUE(answers_from_memory(second, "/x"));
  }
  latencies.print("SET by redis-cli");
  EXPECT_LT(latencies.ms(0.99), 50);
  EXPECT_EQ(late, 0);
}

TEST_F(TwoProxies, AnExpiryInRedisIsSeen) {
  RedisCli cli(redis.port());
  Latencies latencies;
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(both_have_it("/x")) << i;
    const int now = ++version;
    const std::string name = entry_of("/x");
    cli({"PEXPIRE", name, "1"});
    while (cli({"EXISTS", name}).integer == 1) std::this_thread::sleep_for(milliseconds(1));  // expires it, too
    const auto begun = steady_clock::now();
    while (version_in(ask_on(to_second, "GET", "/x")) != now) ASSERT_LT(since(begun), std::chrono::seconds(5)) << i;
    latencies.all.push_back(since(begun));
  }
  latencies.print("expiry");
  EXPECT_LT(latencies.ms(0.99), 50);
}

// A fetch that began before the purge arrives behind it: nobody who asks after the purge may get it, from either proxy.
TEST_F(TwoProxies, WhatIsBeingFetchedDuringAPurgeIsNotKept) {
  auto go = std::make_shared<Event>(), has_come = std::make_shared<Event>();
  upstream.set_script([=, this](const UpstreamRequest& request) {
    const bool is_old = version == 1;
    const Action answer = Action::send(ok_response(is_old ? "1" : "2", lifetime));
    if (request.path() != "/slow" || !is_old) return Actions{answer};
    has_come->set();
    return Actions{Action::wait(go), answer};
  });
  ASSERT_TRUE(both_have_it("/warm"));
  RawClient slow(second.port());
  slow.send(request_text("GET", "/slow"));
  ASSERT_TRUE(has_come->wait());
  version = 2;
  EXPECT_EQ(ask_on(to_first, "PURGE", "/slow").status, 200);
  RawClient later(second.port());
  std::this_thread::sleep_for(milliseconds(50));  // the time in which the other proxy has to hear of it
  later.send(request_text("GET", "/slow"));
  EXPECT_EQ(later.read_response().value_or(RawResponse{}).body, "2") << "who asks after the purge does not wait for the old one";
  go->set();
  EXPECT_EQ(slow.read_response().value_or(RawResponse{}).body, "1") << "who asked before it may have it";
  for (int i = 0; i < 20; ++i)
    for (RawClient* client : {&to_first, &to_second}) EXPECT_EQ(ask_on(*client, "GET", "/slow").body, "2") << i;
}

/// The ids of the connections by which changes are heard.
std::vector<std::string> ears(const RedisProcess& redis) {
  std::vector<std::string> ids;
  std::istringstream clients(redis.cli({"CLIENT", "LIST"}).text);
  for (std::string line; std::getline(clients, line);) {
    const auto flags_at = line.find(" flags=") + 7;
    const std::string flags = line.substr(flags_at, line.find(' ', flags_at) - flags_at);
    if (flags.find_first_of("tBP") != std::string::npos) ids.push_back(line.substr(3, line.find(' ') - 3));
  }
  return ids;
}

TEST_F(TwoProxies, NothingStaleSurvivesALostConnection) {
  RedisCli cli(redis.port());
  int stale = 0, asked = 0, strict = 0;
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(both_have_it("/x")) << i;
    const int now = ++version;
    const std::string name = entry_of("/x");
    for (const std::string& id : ears(redis)) cli({"CLIENT", "KILL", "ID", id});
    ASSERT_EQ(cli({"DEL", name}).integer, 1);  // nobody is told
    const auto is_noticed = [&](RawClient& proxy) { return version_in(ask_on(proxy, "GET", "/x")) == now; };
    ASSERT_TRUE(eventually([&] { return is_noticed(to_first) && is_noticed(to_second); }));
    for (int again = 0; again < 20; ++again, ++asked) {
      stale += version_in(ask_on(to_first, "GET", "/x")) != now ? 1 : 0;
      stale += version_in(ask_on(to_second, "GET", "/x")) != now ? 1 : 0;
    }
    // While nobody hears, a change must be seen all the same: Redis is asked each time. Who hears again is told a moment later.
    const int later = ++version;
    const std::string there = entry_of("/x");
    const bool is_deaf = !are_heard(redis, 1);
    cli({"DEL", there});
    const auto sees_it = [&] { return version_in(ask_on(to_second, "GET", "/x")) == later; };
    stale += (is_deaf ? sees_it() : eventually(sees_it)) ? 0 : 1;
    strict += is_deaf ? 1 : 0;
    ASSERT_TRUE(eventually([&] { return are_heard(redis, 2); }));
  }
  std::printf("invalidation connections killed 10 times: %d stale of %d answers; %d changes while nobody heard\n", stale, asked * 2, strict);
  EXPECT_EQ(stale, 0);
}

}  // namespace
}  // namespace drishti::testing
