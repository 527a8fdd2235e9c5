// The name of Redis means another address after a restart of its container (threat D07).

#include "tests/redis/redis_support.hpp"

namespace drishti::cache::redis::testing {
namespace {

struct AddressChange : ClientTest {
  RedisProcess before, after;
  SocketAddress address = *SocketAddress::from_ip("127.0.0.1", before.port());
  int asked = 0;

  void SetUp() override {
    before.cli({"SET", "where", "before"});
    after.cli({"SET", "where", "after"});
    resolve = [this](const std::string& host, std::uint16_t, std::function<void(std::vector<SocketAddress>)> done) {
      EXPECT_EQ(host, "cache.internal");
      ++asked;
      std::vector<SocketAddress> found;
      if (address.port() != 0) found.push_back(address);
      boost::asio::post(io, [done = std::move(done), found] { done(found); });
    };
    connect("redis://cache.internal?timeout=1s");
    ASSERT_EQ(run({"GET", "where"}).reply.text, "before");
    ASSERT_EQ(asked, 1);
  }
  bool is_at(const std::string& where) {
    return until([&] { return client->is_available() && run({"GET", "where"}).reply.text == where; }, milliseconds(20'000));
  }
};

TEST_F(AddressChange, IsSeenWhenTheConnectionEnds) {
  address = *SocketAddress::from_ip("127.0.0.1", after.port());
  EXPECT_EQ(run({"GET", "where"}).reply.text, "before") << "a connection that works is kept";
  before.kill();
  EXPECT_TRUE(is_at("after")) << log.text;
}

TEST_F(AddressChange, IsSeenAlthoughTheOldAddressStillAnswers) {
  address = *SocketAddress::from_ip("127.0.0.1", after.port());
  before.cli({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  EXPECT_TRUE(is_at("after")) << log.text;
  EXPECT_EQ(asked, 2) << "each connect looks up once";
}

TEST_F(AddressChange, MayTakeAWhileInWhichTheNameMeansNothing) {
  address = *SocketAddress::from_ip("127.0.0.1", 0);
  before.kill();
  ASSERT_TRUE(until([&] { return asked >= 3; }, milliseconds(20'000))) << "it goes on asking";
  EXPECT_FALSE(client->is_available());
  EXPECT_GT(errors(ErrorKind::connect), 0u);
  address = *SocketAddress::from_ip("127.0.0.1", after.port());
  EXPECT_TRUE(is_at("after")) << log.text;
}

TEST_F(AddressChange, OutlivesANameThatMeansAnotherServerForAWhile) {
  address = *SocketAddress::from_ip("127.0.0.1", free_port());  // refused
  before.kill();
  ASSERT_TRUE(until([&] { return asked >= 3; }, milliseconds(20'000)));
  before.start();
  before.cli({"SET", "where", "before"});
  address = *SocketAddress::from_ip("127.0.0.1", before.port());
  EXPECT_TRUE(is_at("before")) << log.text;
}

}  // namespace
}  // namespace drishti::cache::redis::testing
