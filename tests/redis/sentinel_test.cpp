// A master, a replica and three sentinels; the master dies.

#include "cache/redis/sentinel.hpp"

#include <fstream>

#include "tests/redis/redis_support.hpp"

namespace drishti::cache::redis::testing {
namespace {

struct SentinelTest : ClientTest {
  RedisProcess master{{"--repl-diskless-sync-delay", "0"}};
  RedisProcess replica{{"--replicaof", "127.0.0.1", std::to_string(master.port())}};
  std::vector<std::unique_ptr<RedisProcess>> sentinels;

  /// A sentinel rewrites its configuration, hence a file.
  std::string sentinel_file() {
    char name[] = "/tmp/drishti-sentinel-XXXXXX";
    ::close(::mkstemp(name));
    std::ofstream(name) << "sentinel monitor mymaster 127.0.0.1 " << master.port() << " 2\n"
                        << "sentinel down-after-milliseconds mymaster 300\n"
                        << "sentinel failover-timeout mymaster 2000\n";
    files.emplace_back(name);
    return name;
  }
  std::vector<std::string> files;

  void SetUp() override {
    ASSERT_TRUE(until([&] { return replica.cli({"ROLE"}).elements.at(3).text == "connected"; }));
    for (int i = 0; i < 3; ++i) sentinels.push_back(std::make_unique<RedisProcess>(RedisProcess::Sentinel{sentinel_file()}));
    for (const auto& sentinel : sentinels)
      ASSERT_TRUE(until([&] { return knows_all(*sentinel); }, milliseconds(20'000)));
  }
  static bool knows_all(const RedisProcess& sentinel) {
    return sentinel.cli({"SENTINEL", "CKQUORUM", "mymaster"}).text.starts_with("OK 3") &&
           sentinel.cli({"SENTINEL", "REPLICAS", "mymaster"}).elements.size() == 1;
  }
  void TearDown() override {
    ClientTest::TearDown();
    for (const std::string& file : files) ::unlink(file.c_str());
  }
  std::string url() const {
    std::string text = "redis-sentinel://";
    for (const auto& sentinel : sentinels) text += "127.0.0.1:" + std::to_string(sentinel->port()) + ",";
    text.pop_back();
    return text + "/mymaster/0";
  }
};

TEST_F(SentinelTest, FollowsTheMasterThroughAFailover) {
  connect(url());
  EXPECT_TRUE(run({"SET", "a", "before"}).reply.is_ok());
  EXPECT_EQ(master.cli({"GET", "a"}).text, "before");
  ASSERT_TRUE(until([&] { return replica.cli({"GET", "a"}).text == "before"; }));
  sentinels[0]->kill();  // the one that is asked first
  master.kill();
  bool is_written = false;
  EXPECT_TRUE(until(
      [&] {
        is_written = is_written || run({"SET", "a", "after"}).reply.is_ok();
        return is_written;
      },
      milliseconds(20'000)))
      << log.text;
  EXPECT_EQ(replica.cli({"GET", "a"}).text, "after");
}

TEST_F(SentinelTest, LeavesTheOldMasterWhenSentinelsNameAnother) {
  connect(url());
  EXPECT_TRUE(run({"SET", "a", "before"}).reply.is_ok());
  ASSERT_TRUE(until([&] { return replica.cli({"GET", "a"}).text == "before"; }));
  ASSERT_TRUE(until([&] { return sentinels[0]->cli({"SENTINEL", "FAILOVER", "mymaster"}).is_ok(); }));
  ASSERT_TRUE(until([&] { return replica.cli({"ROLE"}).elements.at(0).text == "master"; }, milliseconds(10'000)));
  bool is_there = false;
  EXPECT_TRUE(until(
      [&] {
        run({"SET", "a", "after"});
        is_there = is_there || replica.cli({"GET", "a"}).text == "after";
        return is_there;
      },
      milliseconds(10'000)))
      << log.text;
}

}  // namespace
}  // namespace drishti::cache::redis::testing
