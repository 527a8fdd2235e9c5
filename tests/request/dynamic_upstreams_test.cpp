// Groups for proxy_pass with variables: bounded, and a request waits for a name only as long as it may.

#include "request/dynamic_upstreams.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

#include "net/asio_reactor.hpp"

namespace drishti::request {
namespace {

struct SilentLog : net::ErrorLog {
  bool enabled(conf::LogLevel) const override { return false; }
  void write(conf::LogLevel, std::uint64_t, std::string_view) override {}
};

using View = std::shared_ptr<UpstreamView>;

struct DynamicUpstreamsTest : ::testing::Test {
  boost::asio::io_context io{1};
  net::AsioReactor reactor{io};
  net::BufferPool buffers;
  SilentLog log;
  metrics::WorkerMetrics metrics;
  PoolMap pools;
  LogMap logs;
  std::function<void(std::vector<SocketAddress>)> answer;  ///< of the last look-up
  WorkerServices services{reactor, buffers, log, metrics, pools, logs,
                          [this](const std::string&, std::uint16_t, const conf::Resolver&, auto done) { answer = done; }};
  DynamicUpstreams upstreams{services, 0};
  conf::CoreSettings settings;
  Generation generation{std::make_shared<routing::Snapshot>(std::make_shared<conf::Config>(),
                                                            std::vector<std::shared_ptr<upstream::UpstreamGroup>>{}, 1),
                        0, reactor, pools, logs};

  /// Begins to look for HOST; `found` is filled when that ends.
  void find(const std::string& host, std::optional<View>& found) {
    net::spawn(search(host, found));
  }
  net::Task<void> search(std::string host, std::optional<View>& found) {
    filters::DynamicTarget target;
    target.ok = true;
    target.host = host;
    found = co_await upstreams.find(target, settings, generation);
  }
  View now(const std::string& host) {
    std::optional<View> found;
    find(host, found);
    return found.value();
  }
  static std::string address(std::size_t number) {
    return "10.1." + std::to_string(number / 256) + "." + std::to_string(number % 256);
  }
};

TEST_F(DynamicUpstreamsTest, GivesTheSameGroupForTheSameName) {
  EXPECT_EQ(now("10.0.0.1").get(), now("10.0.0.1").get());
  EXPECT_NE(now("10.0.0.1").get(), now("10.0.0.2").get());
}

TEST_F(DynamicUpstreamsTest, TheGroupUnusedForLongestGoesWhenThereIsNoRoom) {
  for (std::size_t i = 0; i < DynamicUpstreams::most_entries; ++i) ASSERT_TRUE(now(address(i)));
  const std::weak_ptr<UpstreamView> first = now(address(0)), second = now(address(1));
  now(address(0));
  for (std::size_t i = 2; i < DynamicUpstreams::most_entries; ++i) now(address(i));  // the order is now 1, 0, 2, 3 ...
  ASSERT_TRUE(now("10.2.0.1"));
  EXPECT_FALSE(first.expired());
  EXPECT_TRUE(second.expired());
  EXPECT_EQ(pools.size(), DynamicUpstreams::most_entries);
}

TEST_F(DynamicUpstreamsTest, AGroupInUseStaysAndTheNextOldestGoes) {
  const View held = now(address(0));
  const std::weak_ptr<UpstreamView> next = now(address(1));
  for (std::size_t i = 2; i <= DynamicUpstreams::most_entries; ++i) ASSERT_TRUE(now(address(i)));
  EXPECT_EQ(now(address(0)), held);
  EXPECT_TRUE(next.expired());
}

TEST_F(DynamicUpstreamsTest, WithEveryGroupInUseAnotherOneIsRefused) {
  std::vector<View> held;
  for (std::size_t i = 0; i < DynamicUpstreams::most_entries; ++i) held.push_back(now(address(i)));
  EXPECT_FALSE(now("10.2.0.1"));
  held.pop_back();
  EXPECT_TRUE(now("10.2.0.1"));
}

TEST_F(DynamicUpstreamsTest, WaitsForANameNoLongerThanResolverTimeout) {
  settings.resolver_timeout = conf::Setting<conf::milliseconds>(conf::milliseconds(20));
  std::optional<View> found;
  find("late.test", found);
  ASSERT_TRUE(answer);
  EXPECT_FALSE(found);
  while (!found) io.run_one();
  EXPECT_FALSE(*found);
  answer({*SocketAddress::from_ip("10.0.0.1", 80)});  // too late: must find nobody
}

TEST_F(DynamicUpstreamsTest, UsesTheAddressesThatTheResolverGives) {
  std::optional<View> found;
  find("app.test", found);
  answer({*SocketAddress::from_ip("10.0.0.1", 80), *SocketAddress::from_ip("10.0.0.2", 80)});
  while (!found) io.run_one();
  ASSERT_TRUE(*found);
  EXPECT_EQ((*found)->group->peers()->primaries.size(), 2u);
}

}  // namespace
}  // namespace drishti::request
