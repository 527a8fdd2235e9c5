// What health means for the choice of a peer, with every method.
#include <gtest/gtest.h>

#include <algorithm>

#include "balancer_support.hpp"

namespace drishti::upstream {
namespace {

using conf::BalanceMethod;
using health::CheckResult;
using std::chrono::milliseconds;

std::shared_ptr<conf::Upstream> checked(const std::vector<ServerLine>& lines,
                                        BalanceMethod method = BalanceMethod::round_robin) {
  auto upstream = upstream_of(lines, method);
  upstream->health_checks.push_back(std::make_shared<conf::HealthCheck>());
  return upstream;
}

void check(Fixture& f, std::size_t index, bool passes, std::int64_t now_ms = 1'000'000) {
  CheckResult result;
  result.passed = passes;
  f.peer(index).state->health.checked(0, result, {now_ms, 0});
}

PickRequest at(std::int64_t now_ms) {
  PickRequest request;
  request.now_ms = now_ms;
  request.now_seconds = now_ms / 1000;
  request.hash_key = "key";
  return request;
}

TEST(HealthBalancing, NoMethodChoosesAnUnhealthyPeer) {
  for (const auto method : {BalanceMethod::round_robin, BalanceMethod::least_conn, BalanceMethod::ip_hash,
                            BalanceMethod::hash, BalanceMethod::random}) {
    for (const bool special : {false, true}) {
      auto config = checked({{"10.0.0.1"}, {"10.0.0.2"}, {"10.0.0.3"}}, method);
      config->consistent = config->random_two = special;
      Fixture f(config);
      check(f, 1, false);
      for (int i = 0; i < 50; ++i) {
        PickRequest request = at(1'000'000);
        const std::string key = "key" + std::to_string(i);
        request.hash_key = key;
        EXPECT_NE(Fixture::number(f.balancer->pick(request)), 2) << static_cast<int>(method);
      }
    }
  }
}

TEST(HealthBalancing, MandatoryPeersAreNotChosenBeforeTheirFirstPass) {
  auto mandatory = std::make_shared<conf::HealthCheck>();
  mandatory->mandatory = true;
  auto config = upstream_of({{"10.0.0.1"}, {"10.0.0.2"}});
  config->health_checks.push_back(mandatory);
  Fixture f(config);
  EXPECT_EQ(f.order(2), "--");
  check(f, 1, true);
  EXPECT_EQ(f.order(2), "bb");
}

TEST(HealthBalancing, PanicUsesAllWhenNoneIsHealthyAndOnlyThen) {
  auto config = checked({{"10.0.0.1"}, {"10.0.0.2"}});
  config->health_panic = true;
  Fixture f(config);
  check(f, 0, false);
  EXPECT_EQ(f.tries(), "b") << "a request that failed at the healthy one does not try the others";
  check(f, 1, false);
  EXPECT_EQ(f.tries().size(), 2u);
  config->health_panic = false;
  EXPECT_EQ(f.tries(), "");
}

TEST(HealthBalancing, APeerThatDrainsGetsNoRequests) {
  auto config = upstream_of({{"10.0.0.1"}, {"10.0.0.2"}});
  config->servers[0].drain = true;
  config->health_panic = true;
  Fixture f(config);
  EXPECT_EQ(f.order(3), "bbb");
}

TEST(HealthBalancing, TheOrderOfRoundRobinIsNginxsWhileAllAreHealthy) {
  Fixture f(checked({{"10.0.0.1", 5}, {"10.0.0.2"}, {"10.0.0.3"}}));
  EXPECT_EQ(f.order(7), "aabacaa");
}

/// How many of N requests that stay open until the end go to b.
int share_of_b(Fixture& f, int n, std::int64_t now_ms) {
  std::vector<PeerLease> open;
  int count = 0;
  for (int i = 0; i < n; ++i) {
    PickRequest request = at(now_ms);
    open.push_back(f.balancer->pick(request));
    count += Fixture::number(open.back()) == 2;
  }
  return count;
}

TEST(SlowStart, GivesAPartOfTheFairShareThatGrowsWithTime) {
  for (const auto method : {BalanceMethod::round_robin, BalanceMethod::least_conn}) {
    auto config = checked({{"10.0.0.1"}, {"10.0.0.2"}, {"10.0.0.3"}, {"10.0.0.4"}}, method);
    for (auto& line : config->servers) line.slow_start = milliseconds(10'000);
    Fixture f(config);
    check(f, 1, false);
    check(f, 1, true, 2'000'000);
    EXPECT_EQ(share_of_b(f, 400, 2'000'000), 0) << "at once";
    EXPECT_NEAR(share_of_b(f, 400, 2'001'000), 10, 3) << "a tenth of a quarter";
    EXPECT_NEAR(share_of_b(f, 400, 2'005'000), 50, 5);
    EXPECT_NEAR(share_of_b(f, 400, 2'010'000), 100, 2);
  }
}

TEST(SlowStart, AColdPeerIsBetterThanNone) {
  auto config = checked({{"10.0.0.1"}, {"10.0.0.2"}});
  for (auto& line : config->servers) line.slow_start = milliseconds(10'000);
  Fixture f(config);
  for (const std::size_t index : {0u, 1u}) {
    check(f, index, false);
    check(f, index, true, 2'000'000);
  }
  for (int i = 0; i < 20; ++i) {
    PickRequest request = at(2'000'000);
    EXPECT_TRUE(f.balancer->pick(request));
  }
}

TEST(RequestQueue, WakesInTheOrderOfArrivalAndOncePerFreePeer) {
  RequestQueue queue;
  queue.set_length(2);
  std::string woken;
  RequestQueue::Place first(queue, [&] { woken += "1"; });
  auto second = std::make_unique<RequestQueue::Place>(queue, [&] { woken += "2"; });
  RequestQueue::Place third(queue, [&] { woken += "3"; });
  queue.wake();
  EXPECT_EQ(woken, "") << "nobody is inside";
  EXPECT_TRUE(first.enter());
  EXPECT_TRUE(second->enter());
  EXPECT_FALSE(third.enter()) << "full";
  queue.wake();
  queue.wake();
  queue.wake();
  EXPECT_EQ(woken, "12");
  first.rearm();
  queue.wake();
  EXPECT_EQ(woken, "121");
  first.rearm();
  second.reset();  // it was woken and leaves: the peer is the next one's
  EXPECT_EQ(woken, "1211");
  EXPECT_EQ(queue.waiting(), 1u);
}

TEST(RequestQueue, AnEndingLeaseWakesIt) {
  auto config = upstream_of({{"10.0.0.1", 1, 1, 1}});
  config->queue = conf::RequestQueueSettings{1, milliseconds(1000)};
  Fixture f(config);
  PickRequest request = at(1000), other = at(1000);
  PeerLease lease = f.balancer->pick(request);
  ASSERT_TRUE(lease);
  EXPECT_FALSE(f.balancer->pick(other));
  EXPECT_TRUE(f.balancer->has_full_peer(other));
  int woken = 0;
  RequestQueue::Place place(*f.balancer->queue(), [&] { ++woken; });
  ASSERT_TRUE(place.enter());
  lease.release();
  EXPECT_EQ(woken, 1);
  EXPECT_TRUE(f.balancer->pick(other));
}

}  // namespace
}  // namespace drishti::upstream
