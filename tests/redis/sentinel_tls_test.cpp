// rediss-sentinel://: the sentinel, the master and the replica speak TLS, with us and with each other.

#include <fstream>

#include "tests/redis/redis_support.hpp"
#include "tests/redis/tls_certificate.hpp"

namespace drishti::cache::redis::testing {
namespace {

struct SentinelTlsTest : ClientTest {
  Certificate certificate;
  std::uint16_t master_port = free_port(), replica_port = free_port(), sentinel_port = free_port();
  RedisProcess master{of_node(master_port)};
  RedisProcess replica{of_node(replica_port)};
  std::unique_ptr<RedisProcess> sentinel;

  std::vector<std::string> of_node(std::uint16_t port) const {
    std::vector<std::string> options = certificate.options(port);
    for (const char* word : {"--tls-replication", "yes", "--repl-diskless-sync-delay", "0"}) options.emplace_back(word);
    return options;
  }
  /// One is enough to know the master and to make another one.
  std::string sentinel_file() const {
    const std::string name = certificate.directory + "/sentinel.conf";
    std::ofstream file(name);
    file << "tls-replication yes\n";
    const std::vector<std::string> options = certificate.options(sentinel_port);
    for (std::size_t i = 0; i < options.size(); i += 2) file << options[i].substr(2) << " " << options[i + 1] << "\n";
    file << "sentinel monitor mymaster 127.0.0.1 " << master_port << " 1\n"
         << "sentinel down-after-milliseconds mymaster 300\nsentinel failover-timeout mymaster 2000\n";
    return name;
  }
  void SetUp() override {
    replica.cli({"REPLICAOF", "127.0.0.1", std::to_string(master_port)});
    const auto follows = [&] {
      const Reply role = replica.cli({"ROLE"});
      return role.elements.size() > 3 && role.elements[3].text == "connected";
    };
    ASSERT_TRUE(until(follows, milliseconds(20'000)));
    sentinel = std::make_unique<RedisProcess>(RedisProcess::Sentinel{sentinel_file()});
    const auto knows_all = [&] { return sentinel->cli({"SENTINEL", "REPLICAS", "mymaster"}).elements.size() == 1; };
    ASSERT_TRUE(until(knows_all, milliseconds(20'000)));
  }
  std::string url(const std::string& options) const {
    return "rediss-sentinel://127.0.0.1:" + std::to_string(sentinel_port) + "/mymaster/0?timeout=1s" + options;
  }
};

TEST_F(SentinelTlsTest, FollowsTheMasterThroughAFailover) {
  connect(url("&ca=" + certificate.file()));
  EXPECT_TRUE(run({"SET", "a", "before"}).reply.is_ok());
  EXPECT_EQ(master.cli({"GET", "a"}).text, "before");
  ASSERT_TRUE(until([&] { return replica.cli({"GET", "a"}).text == "before"; }));
  master.kill();
  bool is_written = false;
  const auto write = [&] { return is_written = is_written || run({"SET", "a", "after"}).reply.is_ok(); };
  EXPECT_TRUE(until(write, milliseconds(30'000))) << log.text;
  EXPECT_EQ(replica.cli({"GET", "a"}).text, "after");
}

TEST_F(SentinelTlsTest, ListensToNoSentinelThatNobodyVouchesFor) {
  connect(url(""), false);
  EXPECT_TRUE(until([&] { return log.has("self-signed certificate"); })) << log.text;
  EXPECT_FALSE(client->is_available());
}

TEST_F(SentinelTlsTest, SpeaksNoPlainTextToASentinelOfTls) {
  std::string plain = url("");
  connect("redis" + plain.substr(6), false);  // redis-sentinel:// to the port of TLS
  EXPECT_TRUE(until([&] { return errors(ErrorKind::lost) + errors(ErrorKind::protocol) + errors(ErrorKind::connect) > 0; }))
      << log.text;
  EXPECT_FALSE(client->is_available());
}

}  // namespace
}  // namespace drishti::cache::redis::testing
