// One fetch for many, over two proxies on one Redis.

#include <gtest/gtest.h>

#include <cstdio>
#include <optional>

#include "tests/scenarios/redis_cache.hpp"

namespace drishti::testing {
namespace {

constexpr int herd = 1000;

struct Herd : ::testing::Test {
  RedisProcess redis;
  std::shared_ptr<Event> go = std::make_shared<Event>();
  std::string body = std::string(20'000, 'b');

  static std::string config(const FakeUpstream& upstream, const std::string& url, const std::string& more = {}) {
    return "worker_processes 2;\n" + redis_config(upstream, url, "proxy_cache_lock_timeout 20s;" + more);
  }
  std::string url() const { return redis.url("?timeout=2s"); }
  static std::vector<std::unique_ptr<RawClient>> ask_all(const ProxyUnderTest& proxy, int count) {
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < count; ++i) {
      clients.push_back(std::make_unique<RawClient>(proxy.port()));
      clients.back()->send(request_text("GET", "/"));
    }
    return clients;
  }
  int count_good(std::vector<std::unique_ptr<RawClient>>& clients) const {
    int good = 0;
    for (auto& client : clients) {
      const auto response = client->read_response(false, std::chrono::seconds(20));
      good += response && response->complete && response->status == 200 && response->body == body ? 1 : 0;
    }
    return good;
  }
  Action answer() const { return Action::send(ok_response(body, "Cache-Control: max-age=60\r\n")); }
};

TEST_F(Herd, AThousandMissesOverTwoProxiesAreOneRequest) {
  FakeUpstream upstream([this](const UpstreamRequest&) { return Actions{Action::wait(go), answer()}; });
  ProxyUnderTest first(config(upstream, url())), second(config(upstream, url()));
  ASSERT_TRUE(eventually([&] { return are_connected(redis, 2, 2); }));
  auto at_first = ask_all(first, herd / 2), at_second = ask_all(second, herd / 2);
  ASSERT_TRUE(upstream.wait_until([&] { return !upstream.requests().empty(); }));
  std::this_thread::sleep_for(milliseconds(200));  // all of them have arrived, and wait
  go->set();
  const int good = count_good(at_first) + count_good(at_second);
  std::printf("%d of %d answers, %zu requests to the origin\n", good, herd, upstream.requests().size());
  EXPECT_EQ(good, herd);
  EXPECT_EQ(upstream.requests().size(), 1u);
}

TEST_F(Herd, AKilledHolderIsReplacedWithinTheLease) {
  FakeUpstream upstream([this](const UpstreamRequest& request) {
    return request.connection == 1 ? Actions{Action::wait(go), answer()} : Actions{answer()};
  });
  const std::string lease = "proxy_cache_lock_age 2s;";
  ProxyUnderTest second(config(upstream, url(), lease));
  std::optional<ProxyUnderTest> first;
  first.emplace(config(upstream, url(), lease));
  ASSERT_TRUE(eventually([&] { return are_connected(redis, 2, 2); }));
  auto lost = ask_all(*first, 1);
  ASSERT_TRUE(upstream.wait_until([&] { return upstream.requests().size() == 1; })) << "the first proxy holds the lock";
  auto clients = ask_all(second, herd);
  std::this_thread::sleep_for(milliseconds(100));
  EXPECT_EQ(upstream.requests().size(), 1u) << "the second waits";
  const auto begun = std::chrono::steady_clock::now();
  first->kill();
  const int good = count_good(clients);
  const auto took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begun);
  std::printf("%d of %d answers %d ms after the holder was killed (lease 2000 ms), %zu requests to the origin\n", good, herd,
              static_cast<int>(took.count()), upstream.requests().size());
  EXPECT_EQ(good, herd);
  EXPECT_LT(took, std::chrono::seconds(3));
  EXPECT_EQ(upstream.requests().size(), 2u);
  go->set();
}

}  // namespace
}  // namespace drishti::testing
