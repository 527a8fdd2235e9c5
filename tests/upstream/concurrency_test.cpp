// Several workers on one group; meant to be run under the thread sanitizer too.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "balancer_support.hpp"
#include "upstream/outcome.hpp"

namespace drishti::upstream {
namespace {

constexpr unsigned workers = 4;

struct NoLog : net::ErrorLog {
  bool enabled(conf::LogLevel) const override { return false; }
  void write(conf::LogLevel, std::uint64_t, std::string_view) override {}
};

template <class Work>
void in_all_workers(Work work) {
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < workers; ++i) threads.emplace_back([=] { work(i); });
}

TEST(Workers, NeverExceedMaxConnsTogether) {
  Fixture f({{"10.0.0.1", 1, 1, 3}, {"10.0.0.2", 1, 1, 2}}, conf::BalanceMethod::least_conn);
  std::atomic<bool> exceeded{false};
  in_all_workers([&](unsigned index) {
    auto balancer = Balancer::create(f.group, index, index);
    for (int i = 0; i < 5000; ++i) {
      PickRequest request;
      const PeerLease lease = balancer->pick(request);
      if (lease && lease->state->in_flight > lease->max_conns) exceeded = true;
    }
  });
  EXPECT_FALSE(exceeded);
  EXPECT_EQ(f.peer(0).state->in_flight, 0);
  EXPECT_EQ(f.peer(1).state->in_flight, 0);
}

TEST(Workers, TakeOneProbeOfADisabledPeerTogether) {
  Fixture f({{"10.0.0.1"}, {"10.0.0.2"}});
  f.peer(0).state->health.failed(f.peer(0).limits(), 1000);
  std::atomic<int> probes{0};
  in_all_workers([&](unsigned index) {
    auto balancer = Balancer::create(f.group, index, index);
    for (int i = 0; i < 500; ++i) {
      PickRequest request;
      request.now_seconds = 1011;
      probes += Fixture::number(balancer->pick(request)) == 1;
    }
  });
  EXPECT_EQ(probes, 1);
}

TEST(Workers, KeepPickingWhileTheMembershipChanges) {
  const std::vector<ServerLine> two{{"10.0.0.1"}, {"10.0.0.2"}};
  const std::vector<ServerLine> three{{"10.0.0.1"}, {"10.0.0.2"}, {"10.0.0.3"}};
  Fixture f(two, conf::BalanceMethod::least_conn);
  const auto states = {f.peer(0).state, f.peer(1).state, f.registry.state("backend", *SocketAddress::from_ip("10.0.0.3", 80))};
  std::atomic<bool> stop{false};
  std::atomic<int> empty{0};
  NoLog log;
  {
    std::vector<std::jthread> threads;
    for (unsigned index = 0; index < workers; ++index)
      threads.emplace_back([&, index] {
        auto balancer = Balancer::create(f.group, index, index);
        while (!stop) {
          PickRequest request;
          const PeerLease lease = balancer->pick(request);
          if (!lease) ++empty;
          if (lease) report(*lease, Outcome::success, balancer->peers().is_single(), 0, log);
        }
      });
    for (int i = 0; i < 300; ++i) f.publish(*upstream_of(i % 2 == 0 ? three : two));
    stop = true;
  }
  EXPECT_EQ(empty, 0);
  for (const auto& state : states) EXPECT_EQ(state->in_flight, 0);
}

}  // namespace
}  // namespace drishti::upstream
