// What the process takes while the memory layer is turned over again and again: by CACHE_CHURN_REQUESTS=90000.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "tests/scenarios/cache.hpp"
#include "tests/support/patience.hpp"
#include "tests/support/process_memory.hpp"

namespace drishti::testing {
namespace {

/// Asks for one of many bodies of all sizes, some of them far more often, until STOPPING.
void churn(std::uint16_t port, unsigned seed, const std::atomic<bool>& stopping, std::atomic<std::uint64_t>& asked) {
  std::mt19937 dice(seed);
  RawClient client(port);
  while (!stopping) {
    const auto number = std::min({dice() % 200'000, dice() % 200'000, dice() % 200'000});
    client.send(request_text("GET", "/" + std::to_string(number), "X-Lang: " + std::to_string(dice() % 3) + "\r\n"));
    const auto response = client.read_response();
    if (!response || !response->complete) return;
    asked.fetch_add(1);
  }
}

TEST(CacheChurn, TakesNoMoreMemoryTheLongerItRuns) {
  const char* configured = std::getenv("CACHE_CHURN_REQUESTS");
  const std::uint64_t whole = configured != nullptr ? std::stoull(configured) : memory_can_be_measured ? 90'000 : 9'000;
  std::atomic<std::uint64_t> fetched{0}, asked{0};
  FakeUpstream upstream([&](const UpstreamRequest& request) {
    if (fetched.fetch_add(1) % 4096 == 4095) upstream.forget();
    const std::size_t number = std::stoul(request.path().substr(1));
    const std::size_t size = number % 50 == 0 ? 100'000 : 200 + number % 4000;
    return Actions{Action::send(ok_response(std::string(size, 'x'), std::string("Cache-Control: max-age=60\r\n") + (number % 10 == 0 ? "Vary: X-Lang\r\n" : "")))};
  });
  ProxyUnderTest proxy("worker_processes 2;\nevents { worker_connections 1024; }\nhttp {\naccess_log off; keepalive_requests 1000000000;\n"
                       "proxy_cache_path memory keys_zone=z:16m;\nupstream origin { server " + upstream.address() + "; keepalive 16; "
                       "keepalive_requests 1000000000; }\nserver { listen 127.0.0.1:@port@; location / { proxy_pass http://origin; "
                       "proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_cache z; } } }");
  std::atomic<bool> stopping{false};
  std::vector<std::thread> clients;
  for (unsigned i = 0; i < 4; ++i) clients.emplace_back([&, i] { churn(proxy.port(), i, stopping, asked); });
  std::vector<std::size_t> samples;
  for (unsigned i = 1; i <= 30; ++i) {
    EXPECT_TRUE(eventually([&] { return asked >= whole * i / 30; })) << asked;
    samples.push_back(rss_kib(proxy.pid()));
  }
  stopping = true;
  for (std::thread& client : clients) client.join();
  const std::size_t early = *std::max_element(samples.begin() + 10, samples.begin() + 20), late = *std::max_element(samples.begin() + 20, samples.end());
  std::printf("zone of 16 MiB, %llu requests, %llu fetched, RSS in KiB:", static_cast<unsigned long long>(asked), static_cast<unsigned long long>(fetched));
  for (const std::size_t sample : samples) std::printf(" %zu", sample);
  std::printf("\n");
  EXPECT_GT(fetched, 1000u);
  if (!memory_can_be_measured) return;
  EXPECT_LT(late, early + early / 20 + 1024) << "the last third beside the second";
}

}  // namespace
}  // namespace drishti::testing
