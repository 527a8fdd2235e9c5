#include <gtest/gtest.h>

#include "balancer_support.hpp"
#include "tests/support/count_allocations.hpp"

namespace drishti::upstream {
namespace {

using conf::BalanceMethod;

TEST(Pick, AllocatesNothingOnceTheMembershipIsKnown) {
  const SocketAddress client = *SocketAddress::from_ip("10.1.2.3", 1);
  for (const auto method : {BalanceMethod::round_robin, BalanceMethod::least_conn, BalanceMethod::ip_hash,
                            BalanceMethod::hash, BalanceMethod::random}) {
    for (const bool variant : {false, true}) {
      auto config = upstream_of({{"10.0.0.1", 1, 1, 9}, {"10.0.0.2"}, {"10.0.0.3", 1, 1, 0, true}}, method);
      config->consistent = config->random_two = variant;
      Fixture f(config);
      f.balancer->peers();
      const auto count = test::allocations_of([&] {
        PickRequest request;
        request.hash_key = "/some/key";
        request.client = &client;
        while (f.balancer->pick(request)) continue;
      });
      EXPECT_EQ(count, 0U) << static_cast<int>(method) << variant;
    }
  }
}

}  // namespace
}  // namespace drishti::upstream
