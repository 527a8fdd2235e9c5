// Redis is killed and stopped under load: no request fails, and none waits longer than the deadline of a command.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <random>

#include "tests/scenarios/redis_cache.hpp"

namespace drishti::testing {
namespace {

using std::chrono::steady_clock;

/// Steady clients, whose requests count for the phase in which they began.
class MixedLoad {
 public:
  struct Phase {
    std::vector<double> ms;
    int failed = 0, hits = 0;
    double p99() {
      if (ms.empty()) return 0;
      std::sort(ms.begin(), ms.end());
      return ms[ms.size() * 99 / 100];
    }
  };
  MixedLoad(std::uint16_t port, int clients, std::size_t phases) : phases_(phases) {
    for (int i = 0; i < clients; ++i) threads_.emplace_back([=, this] { run(port, static_cast<unsigned>(i)); });
  }
  ~MixedLoad() { stop(); }
  void enter(std::size_t phase) { phase_ = phase; }
  void stop() {
    stopping_ = true;
    for (std::thread& thread : threads_)
      if (thread.joinable()) thread.join();
  }
  Phase& phase(std::size_t number) { return phases_[number]; }

 private:
  void run(std::uint16_t port, unsigned number) {
    std::mt19937 dice(number);
    std::unique_ptr<RawClient> client;
    while (!stopping_) {
      if (!client || client->closed()) client = std::make_unique<RawClient>(port);
      // One in four is new, and has to ask Redis; the others are a few that many ask for.
      const std::string path = dice() % 4 == 0 ? "/new/" + std::to_string(dice()) : "/hot/" + std::to_string(dice() % 20);
      const std::size_t phase = phase_;
      const auto begun = steady_clock::now();
      client->send(request_text("GET", path));
      const auto response = client->read_response();
      const double took = std::chrono::duration<double, std::milli>(steady_clock::now() - begun).count();
      note(phase, took, response && response->complete && response->status == 200 && response->body == path,
           response && response->field("X-Cache") == "HIT");
      if (response && response->field("Connection") == "close") client.reset();
      std::this_thread::sleep_for(std::chrono::microseconds(500));  // a steady rate, so that this machine is not full
    }
  }
  void note(std::size_t phase, double took, bool is_good, bool is_hit) {
    const std::lock_guard lock(mutex_);
    phases_[phase].ms.push_back(took);
    phases_[phase].failed += is_good ? 0 : 1;
    phases_[phase].hits += is_hit ? 1 : 0;
  }
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> phase_{0};
  std::mutex mutex_;
  std::vector<Phase> phases_;
  std::vector<std::thread> threads_;
};

TEST(RedisUnderLoad, KilledAndStoppedItFailsNoRequestAndDelaysNoneBeyondTheDeadline) {
  constexpr double deadline = 20, noise = 20;
  const auto a_while = milliseconds(1500);
  RedisProcess redis;
  FakeUpstream upstream([](const UpstreamRequest& request) {
    return Actions{Action::send(ok_response(request.path(), "Cache-Control: max-age=600\r\n"))};
  });
  ProxyUnderTest proxy("worker_processes 2;\n" + redis_config(upstream, redis.url()));
  ASSERT_TRUE(eventually([&] { return are_connected(redis, 1, 2); }));
  const std::vector<const char*> names{"with Redis", "killed", "back", "stopped", "going on"};
  MixedLoad load(proxy.port(), 8, names.size());
  std::this_thread::sleep_for(a_while);
  load.enter(1);
  redis.kill();
  std::this_thread::sleep_for(a_while);
  load.enter(2);
  redis.start();
  std::this_thread::sleep_for(a_while);
  load.enter(3);
  redis.freeze();
  std::this_thread::sleep_for(a_while);
  load.enter(4);
  redis.thaw();
  std::this_thread::sleep_for(a_while);
  load.stop();
  const double usual = load.phase(0).p99();
  for (std::size_t i = 0; i < names.size(); ++i) {
    MixedLoad::Phase& phase = load.phase(i);
    const double p99 = phase.p99();  // sorts them
    std::printf("%-10s %zu requests, %d failed, %d hits, p99 %.2f ms, longest %.2f ms\n", names[i], phase.ms.size(), phase.failed, phase.hits,
                p99, phase.ms.empty() ? 0 : phase.ms.back());
    EXPECT_EQ(phase.failed, 0) << names[i];
    EXPECT_GT(phase.hits, 0) << names[i];
    EXPECT_LT(p99, usual + deadline + noise) << names[i];
  }
}

}  // namespace
}  // namespace drishti::testing
