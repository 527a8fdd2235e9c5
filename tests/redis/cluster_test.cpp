// Three masters and three replicas: commands find their node through everything that moves.

#include "cache/redis/cluster_client.hpp"

#include "cache/redis/topology.hpp"
#include "tests/redis/redis_support.hpp"

namespace drishti::cache::redis::testing {
namespace {

TEST(Slot, IsThatOfRedis) {
  EXPECT_EQ(slot_of("123456789"), 0x31c3);
  EXPECT_EQ(slot_of("foo{hash_tag}"), slot_of("bar{hash_tag}"));
  EXPECT_NE(slot_of("{}a"), slot_of("{}b")) << "empty braces are none";
  EXPECT_EQ(slot_of("foo{}{bar}"), slot_of("foo{}{bar}"));
  const Keys keys("drishti:", "z");
  const KeyHash hash{1, 2};
  EXPECT_EQ(slot_of(keys.entry(hash)), slot_of(keys.block(hash, 3, 4)));
  EXPECT_EQ(slot_of(keys.bans()), slot_of(keys.ban_number()));
}

TEST(Topology, RefusesWhatIsMalformed) {
  const Node from{"10.0.0.1", 7000};
  const auto read = [&](std::string_view bytes) {
    ReplyReader reader;
    Reply reply;
    reader.feed(bytes);
    EXPECT_EQ(reader.next(reply), ReplyReader::State::complete);
    return Topology::read(reply, from);
  };
  const auto good = read("*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$0\r\n\r\n:7001\r\n");
  ASSERT_TRUE(good);
  EXPECT_EQ(good->masters, (std::vector<Node>{{"10.0.0.1", 7001}})) << "without an address: the one that was asked";
  EXPECT_EQ(good->owner[16383], 0);
  for (const char* bad : {"*0\r\n", "+OK\r\n", "*1\r\n:1\r\n", "*1\r\n*3\r\n:0\r\n:16384\r\n*2\r\n$1\r\na\r\n:1\r\n",
                          "*1\r\n*3\r\n:5\r\n:4\r\n*2\r\n$1\r\na\r\n:1\r\n", "*1\r\n*3\r\n:-1\r\n:4\r\n*2\r\n$1\r\na\r\n:1\r\n",
                          "*1\r\n*3\r\n:0\r\n:4\r\n*2\r\n$1\r\na\r\n:0\r\n", "*1\r\n*3\r\n:0\r\n:4\r\n*0\r\n"})
    EXPECT_FALSE(read(bad)) << bad;
}

TEST(Topology, ReadsRedirections) {
  const Node from{"10.0.0.1", 7000};
  EXPECT_EQ(redirection_in("MOVED 3999 127.0.0.1:6381", from)->node, (Node{"127.0.0.1", 6381}));
  EXPECT_EQ(redirection_in("MOVED 3999 ::1:6381", from)->node, (Node{"::1", 6381}));
  EXPECT_EQ(redirection_in("ASK 1 :6381", from)->node, (Node{"10.0.0.1", 6381}));
  EXPECT_TRUE(redirection_in("ASK 1 :6381", from)->is_ask);
  for (const char* bad : {"ERR", "MOVED", "MOVED 3999", "MOVED 99999 a:1", "MOVED x a:1", "MOVED 1 a:0", "MOVED 1 a:x", "ASK 1"})
    EXPECT_FALSE(redirection_in(bad, from)) << bad;
}

struct ClusterTest : ClientTest {
  std::vector<std::unique_ptr<RedisProcess>> nodes;
  ChangeHub hub;
  MemoryStore memory{1 << 20};

  std::string id(std::size_t node) const { return nodes[node]->cli({"CLUSTER", "MYID"}).text; }
  std::string port(std::size_t node) const { return std::to_string(nodes[node]->port()); }

  void SetUp() override {
    for (int i = 0; i < 6; ++i)
      nodes.push_back(std::make_unique<RedisProcess>(RedisProcess::ClusterNode{}));
    const char* first[] = {"0", "5461", "10923"};
    const char* last[] = {"5460", "10922", "16383"};
    for (std::size_t i = 0; i < 3; ++i) nodes[i]->cli({"CLUSTER", "ADDSLOTSRANGE", first[i], last[i]});
    for (std::size_t i = 0; i < 6; ++i) {
      nodes[i]->cli({"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)});
      if (i) nodes[0]->cli({"CLUSTER", "MEET", "127.0.0.1", port(i), nodes[i]->bus_port()});
    }
    for (std::size_t i = 3; i < 6; ++i)
      ASSERT_TRUE(until([&] { return nodes[i]->cli({"CLUSTER", "REPLICATE", id(i - 3)}).is_ok(); }));
    for (const auto& node : nodes) ASSERT_TRUE(until([&] { return is_whole(*node); }, milliseconds(15'000)));
  }
  static bool is_whole(const RedisProcess& node) {
    const std::string info = node.cli({"CLUSTER", "INFO"}).text;
    const Reply slots = node.cli({"CLUSTER", "SLOTS"});
    if (info.find("cluster_state:ok") == std::string::npos || slots.elements.size() != 3) return false;
    for (const Reply& range : slots.elements)
      if (range.elements.size() != 4) return false;  // a master and its replica
    return true;
  }
  std::string url() const { return "redis://127.0.0.1:" + port(0) + ",127.0.0.1:" + port(4) + "?cluster"; }
  bool set(const std::string& key) { return run({"SET", key, "value of " + key}).reply.is_ok(); }
  bool sees(const std::string& key) { return run({"GET", key}).reply.text == "value of " + key; }

  void moves_a_slot();
  void fails_over();
  void keeps_l1_coherent();
};

/// What a resharding does, step by step.
void ClusterTest::moves_a_slot() {
  const std::string key = "{tag}moving", slot = std::to_string(slot_of(key));
  ASSERT_TRUE(set(key));
  std::size_t source = 0;
  while (source < 3 && nodes[source]->cli({"CLUSTER", "COUNTKEYSINSLOT", slot}).integer == 0) ++source;
  ASSERT_LT(source, 3u);
  const std::size_t target = (source + 1) % 3;
  nodes[target]->cli({"CLUSTER", "SETSLOT", slot, "IMPORTING", id(source)});
  nodes[source]->cli({"CLUSTER", "SETSLOT", slot, "MIGRATING", id(target)});
  EXPECT_TRUE(sees(key)) << "still at its source";
  nodes[source]->cli({"MIGRATE", "127.0.0.1", port(target), key, "0", "1000"});
  EXPECT_TRUE(sees(key)) << "ASK";
  EXPECT_TRUE(set("{tag}new")) << "ASK";
  for (const std::size_t node : {target, source}) nodes[node]->cli({"CLUSTER", "SETSLOT", slot, "NODE", id(target)});
  EXPECT_TRUE(sees(key)) << "MOVED";
  EXPECT_TRUE(sees("{tag}new"));
}

void ClusterTest::fails_over() {
  for (std::size_t i = 0; i < 3; ++i)
    ASSERT_TRUE(until([&] { return nodes[i + 3]->cli({"ROLE"}).elements.at(3).text == "connected"; }));
  nodes[0]->kill();
  const std::string key = "{06S}a";  // slot 0, of the master that was killed
  ASSERT_EQ(slot_of(key), 0);
  EXPECT_FALSE(run({"GET", "warm"}).failure == ErrorKind::protocol);
  bool is_written = false;
  EXPECT_TRUE(until(
      [&] {
        is_written = is_written || set(key);
        return is_written;
      },
      milliseconds(15'000)))
      << log.text;
  EXPECT_EQ(nodes[3]->cli({"GET", key}).text, "value of " + key) << "the replica took over";
}

void ClusterTest::keeps_l1_coherent() {
  InvalidationOptions options;
  options.zone = "z";
  const auto invalidation = std::make_shared<Invalidation>(parsed(url()), services(), memory, hub, options);
  invalidation->start();
  ASSERT_TRUE(until([&] { return invalidation->is_live(); })) << log.text;
  const Keys keys("drishti:", "z");
  http::FieldList fields;
  for (int i = 0; i < 30; ++i) {
    const std::string key = "key" + std::to_string(i);
    const KeyHash hash = hash_key(key);
    ResponseParts parts;
    parts.key = key;
    parts.status = 200;
    parts.fields = &fields;
    ASSERT_TRUE(memory.insert(hash, StoredResponse::make_from_text(parts, "x"), memory.ticket(hash)));
    EXPECT_TRUE(until([&] { return run({"SET", keys.entry(hash), "x"}).reply.is_ok(); }));
    EXPECT_TRUE(until([&] { return memory.find(hash, key) == nullptr; })) << "whichever master it is on";
  }
  invalidation->stop();
}

// One cluster for all, because it takes seconds to come about.
TEST_F(ClusterTest, FindsKeysOnTheirNodesWhileSlotsMoveAndMastersDie) {
  connect(url());
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(until([&] { return set("key" + std::to_string(i)); }, milliseconds(500)));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(sees("key" + std::to_string(i)));
  for (std::size_t i = 0; i < 3; ++i) EXPECT_GT(nodes[i]->cli({"DBSIZE"}).integer, 10) << "spread";
  keeps_l1_coherent();
  moves_a_slot();
  fails_over();
}

}  // namespace
}  // namespace drishti::cache::redis::testing
