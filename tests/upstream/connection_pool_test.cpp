// Idle upstream connections: which one is reused, and when one is closed.

#include "upstream/connection_pool.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>

#include "net/asio_reactor.hpp"

namespace drishti::upstream {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct ConnectionPoolTest : ::testing::Test {
  boost::asio::io_context io{1};
  net::AsioReactor reactor{io};
  net::BufferPool buffers;
  conf::Upstream config;
  std::shared_ptr<Peer> peer = make_peer();
  std::vector<int> others;
  GroupPool pool{reactor};

  ~ConnectionPoolTest() override {
    for (int fd : others) ::close(fd);
  }
  static std::shared_ptr<Peer> make_peer() {
    auto made = std::make_shared<Peer>();
    made->state = std::make_shared<PeerState>();
    return made;
  }
  /// A connection whose first response ended cleanly; its other end is others.back().
  UpstreamConnectionPtr used_once(const std::shared_ptr<Peer>& to, tls::ClientTarget target = {}) {
    int pair[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    others.push_back(pair[1]);
    auto connection = std::make_unique<UpstreamConnection>(to, reactor.clock().now(), std::move(target));
    connection->stream.open(reactor, pair[0]);
    connection->stream.channel().drained();
    connection->requests = 1;
    return connection;
  }
  bool is_closed(int other) {
    char byte;
    return ::recv(other, &byte, 1, 0) == 0;
  }
  void run_loop(milliseconds time) {
    io.restart();
    io.run_for(time);
  }
};

TEST_F(ConnectionPoolTest, ReusesTheNewestConnectionOfThePeer) {
  auto another = make_peer();
  auto first = used_once(peer), second = used_once(peer), foreign = used_once(another);
  UpstreamConnection* newest = second.get();
  pool.give_back(std::move(first), config, seconds(0));
  pool.give_back(std::move(second), config, seconds(0));
  pool.give_back(std::move(foreign), config, seconds(0));
  EXPECT_EQ(pool.idle(), 3u);
  EXPECT_EQ(pool.take(*peer).get(), newest);
  EXPECT_TRUE(pool.take(*peer));
  EXPECT_FALSE(pool.take(*peer));
  EXPECT_TRUE(pool.take(*another));
}

TEST_F(ConnectionPoolTest, KeepsNoMoreThanKeepaliveAndClosesTheOldest) {
  config.keepalive = 2;
  for (int i = 0; i < 3; ++i) pool.give_back(used_once(peer), config, seconds(0));
  EXPECT_EQ(pool.idle(), 2u);
  EXPECT_TRUE(is_closed(others[0]));
  EXPECT_FALSE(is_closed(others[1]));
}

TEST_F(ConnectionPoolTest, KeepsNothingWithKeepaliveZeroOrUsedUp) {
  conf::Upstream none = config;
  none.keepalive = 0;
  pool.give_back(used_once(peer), none, seconds(0));
  conf::Upstream few = config;
  few.keepalive_requests = 1;
  pool.give_back(used_once(peer), few, seconds(0));
  conf::Upstream old = config;
  old.keepalive_time = milliseconds(0);
  pool.give_back(used_once(peer), old, seconds(0));
  EXPECT_EQ(pool.idle(), 0u);
  for (int other : others) EXPECT_TRUE(is_closed(other));
}

TEST_F(ConnectionPoolTest, ClosesAnIdleConnectionAtTheFirstSignOfLife) {
  for (bool by_fin : {false, true}) {
    pool.give_back(used_once(peer), config, seconds(0));
    run_loop(milliseconds(5));
    EXPECT_EQ(pool.idle(), 1u);
    if (by_fin) ::shutdown(others.back(), SHUT_WR);
    else ASSERT_EQ(::send(others.back(), "x", 1, 0), 1);
    run_loop(milliseconds(50));
    EXPECT_EQ(pool.idle(), 0u);
    EXPECT_FALSE(pool.take(*peer));
  }
}

TEST_F(ConnectionPoolTest, DoesNotKeepAConnectionWithUnreadBytes) {
  auto dirty = used_once(peer);
  dirty->buffer = buffers.take(net::BufferPool::small);
  dirty->buffer.produced(1);
  pool.give_back(std::move(dirty), config, seconds(0));
  EXPECT_EQ(pool.idle(), 0u);
}

TEST_F(ConnectionPoolTest, ClosesAnIdleConnectionAfterKeepaliveTimeout) {
  config.keepalive_timeout = milliseconds(40);
  pool.give_back(used_once(peer), config, seconds(0));
  run_loop(milliseconds(200));
  EXPECT_EQ(pool.idle(), 0u);
  EXPECT_TRUE(is_closed(others[0]));
}

TEST_F(ConnectionPoolTest, ATakenConnectionIsNotClosedByItsIdleTimer) {
  config.keepalive_timeout = milliseconds(40);
  pool.give_back(used_once(peer), config, seconds(0));
  auto taken = pool.take(*peer);
  run_loop(milliseconds(120));
  EXPECT_TRUE(taken->stream.is_open());
}

TEST(SafeIdleTime, StaysASecondBelowTheBackendsOwnTimeout) {
  struct {
    int backend, own_ms, expected_ms;
  } cases[] = {{0, 60000, 60000}, {5, 60000, 4000}, {75, 60000, 60000}, {2, 60000, 1000}, {1, 60000, 500}, {65, 1000, 1000}};
  for (const auto& c : cases)
    EXPECT_EQ(safe_idle_time(seconds(c.backend), milliseconds(c.own_ms)), milliseconds(c.expected_ms)) << c.backend;
}

TEST_F(ConnectionPoolTest, DoesNotMixTlsIdentities) {
  const auto context = std::make_shared<const tls::ClientContext>(std::make_shared<conf::UpstreamTls>());
  const auto other = std::make_shared<const tls::ClientContext>(std::make_shared<conf::UpstreamTls>());
  const tls::ClientTarget targets[] = {
      {}, {context, "a", {}, {}}, {context, "b", {}, {}}, {other, "a", {}, {}}, {context, "a", "/c.pem", "/c.key"}};
  for (const tls::ClientTarget& kept : targets) {
    pool.give_back(used_once(peer, kept), config, seconds(0));
    for (const tls::ClientTarget& wanted : targets)
      if (wanted != kept) {
        EXPECT_EQ(pool.take(*peer, wanted), nullptr);
      }
    const auto taken = pool.take(*peer, kept);
    ASSERT_NE(taken, nullptr);
    EXPECT_EQ(taken->target(), kept);
  }
}

}  // namespace
}  // namespace drishti::upstream
