#include <gtest/gtest.h>

#include <map>

#include "balancer_support.hpp"
#include "upstream/crc32.hpp"

namespace drishti::upstream {
namespace {

using conf::BalanceMethod;

std::shared_ptr<conf::Upstream> consistent(const std::vector<ServerLine>& lines) {
  auto config = upstream_of(lines, BalanceMethod::hash);
  config->consistent = true;
  return config;
}

int pick_key(Fixture& f, const std::string& key, std::int64_t now = 1000) {
  PickRequest request;
  request.hash_key = key;
  request.now_seconds = now;
  return Fixture::number(f.balancer->pick(request));
}

int pick_client(Fixture& f, const std::string& ip) {
  const auto client = SocketAddress::from_ip(ip, 40000);
  PickRequest request;
  request.client = &*client;
  request.now_seconds = 1000;
  return Fixture::number(f.balancer->pick(request));
}

const std::vector<ServerLine> three{{"10.0.0.1"}, {"10.0.0.2"}, {"10.0.0.3"}};

TEST(Crc32, IsTheOneOfIeee8023) {
  Crc32 crc;
  crc.update("1234");
  crc.update("56789");
  EXPECT_EQ(crc.value(), 0xcbf43926U);
}

// ((89 * 113 + byte) % 6271 ...) over three bytes, modulo the sum of weights.
TEST(IpHash, UsesNginxHashOfTheSlash24) {
  Fixture f(three, BalanceMethod::ip_hash);
  auto expected = [](int a, int b, int c) {
    int hash = 89;
    for (const int byte : {a, b, c}) hash = (hash * 113 + byte) % 6271;
    return hash % 3 + 1;
  };
  for (int n = 0; n < 200; ++n) {
    const std::string net = "192." + std::to_string(n) + "." + std::to_string(n * 7 % 256) + ".";
    EXPECT_EQ(pick_client(f, net + "1"), expected(192, n, n * 7 % 256));
    EXPECT_EQ(pick_client(f, net + "1"), pick_client(f, net + "254"));
  }
}

TEST(IpHash, UsesTheWholeIpv6Address) {
  Fixture f(three, BalanceMethod::ip_hash);
  std::map<int, int> hits;
  for (int n = 0; n < 90; ++n) ++hits[pick_client(f, "2001:db8::" + std::to_string(n))];
  EXPECT_EQ(hits.size(), 3U);
  EXPECT_EQ(pick_client(f, "2001:db8::5"), pick_client(f, "2001:db8::5"));
}

TEST(IpHash, RespectsWeights) {
  Fixture f({{"10.0.0.1", 3}, {"10.0.0.2"}}, BalanceMethod::ip_hash);
  std::map<int, int> hits;
  for (int a = 1; a < 200; ++a)
    for (int b = 0; b < 50; ++b) ++hits[pick_client(f, std::to_string(a) + "." + std::to_string(b) + ".0.1")];
  EXPECT_NEAR(hits[1] / 9950.0, 0.75, 0.03);
}

TEST(IpHash, AClientOfADownPeerIsRehashedAndOthersStay) {
  Fixture f(three, BalanceMethod::ip_hash);
  auto lines = three;
  lines[1].down = true;
  Fixture without(lines, BalanceMethod::ip_hash);
  for (int n = 0; n < 100; ++n) {
    const std::string ip = "10.9." + std::to_string(n) + ".1";
    const int before = pick_client(f, ip);
    const int after = pick_client(without, ip);
    EXPECT_NE(after, 2);
    if (before != 2) {
      EXPECT_EQ(after, before);
    }
  }
}

TEST(IpHash, AUnixClientAndAMissingOneStillGetAPeer) {
  Fixture f(three, BalanceMethod::ip_hash);
  const auto client = SocketAddress::from_unix("/run/x.sock");
  PickRequest request;
  request.client = &*client;
  EXPECT_TRUE(f.balancer->pick(request));
  EXPECT_NE(f.pick_one(), 0);
}

TEST(Hash, IsCompatibleWithCacheMemcached) {
  Fixture f(three, BalanceMethod::hash);
  for (const std::string key : {"/", "/index.html", "user-42", "0"}) {
    Crc32 crc;
    crc.update(key);
    EXPECT_EQ(pick_key(f, key), static_cast<int>(((crc.value() >> 16) & 0x7fff) % 3) + 1);
  }
}

TEST(Hash, ARetryPutsTheRoundBeforeTheKeyAndAddsUp) {
  Fixture f(three, BalanceMethod::hash);
  std::uint64_t sum = 0;
  std::string expected;
  for (int round = 0; round < 20 && expected.size() < 3; ++round) {
    Crc32 crc;
    if (round > 0) crc.update(std::to_string(round));
    crc.update("user-42");
    sum += (crc.value() >> 16) & 0x7fff;
    const char peer = static_cast<char>('a' + sum % 3);
    if (expected.find(peer) == std::string::npos) expected += peer;
  }
  PickRequest request;
  request.hash_key = "user-42";
  EXPECT_EQ(f.tries(request), expected);
}

TEST(Hash, WithoutAKeyRoundRobinDecides) {
  Fixture f(three, BalanceMethod::hash);
  EXPECT_EQ(f.order(6), "abcabc");
  Fixture ring(consistent(three));
  EXPECT_EQ(ring.order(6), "abcabc");
}

TEST(ConsistentHash, RemovingAServerMovesOnlyItsKeys) {
  Fixture all(consistent({{"10.0.0.1"}, {"10.0.0.2"}, {"10.0.0.3"}, {"10.0.0.4"}}));
  Fixture fewer(consistent({{"10.0.0.1"}, {"10.0.0.2"}, {"10.0.0.4"}}));
  std::map<int, int> hits;
  for (int n = 0; n < 2000; ++n) {
    const std::string key = "key" + std::to_string(n);
    const int before = pick_key(all, key);
    ++hits[before];
    if (before != 3) {
      ASSERT_EQ(pick_key(fewer, key), before);
    }
  }
  for (const auto& [peer, count] : hits) EXPECT_NEAR(count, 500, 130) << peer;
}

TEST(ConsistentHash, ADisabledServersKeysGoToTheNextPointAndComeBack) {
  Fixture f(consistent(three));
  std::string key = "key";
  while (pick_key(f, key) != 2) key += "x";
  f.peer(1).state->health.failed(f.peer(1).limits(), 1000);
  const int stand_in = pick_key(f, key);
  EXPECT_NE(stand_in, 2);
  EXPECT_EQ(pick_key(f, key), stand_in);
  EXPECT_EQ(pick_key(f, key, 1011), 2);
}

TEST(ConsistentHash, AddressesOfOneNameShareItsKeysByRoundRobin) {
  const std::string api = "api:80";
  Fixture f(consistent({{"10.0.0.1", 1, 1, 0, false, false, api},
                        {"10.0.0.2", 1, 1, 0, false, false, api},
                        {"10.0.0.3", 1, 1, 0, false, false, "other:80"}}));
  std::string key = "key";
  while (pick_key(f, key) == 3) key += "x";
  std::map<int, int> hits;
  for (int i = 0; i < 10; ++i) ++hits[pick_key(f, key)];
  EXPECT_EQ(hits, (std::map<int, int>{{1, 5}, {2, 5}}));
}

TEST(ConsistentHash, WeightsMultiplyThePoints) {
  Fixture f(consistent({{"10.0.0.1", 3}, {"10.0.0.2"}}));
  int first = 0;
  for (int n = 0; n < 4000; ++n) first += pick_key(f, "k" + std::to_string(n)) == 1;
  EXPECT_NEAR(first / 4000.0, 0.75, 0.06);
}

TEST(HashMethods, GiveUpOnTheHashAfterTwentyMissesAndStillFindAPeer) {
  std::vector<ServerLine> lines;
  for (int i = 1; i <= 200; ++i) lines.push_back({"10.0.0." + std::to_string(i), 1, 1, 0, false, i != 137});
  for (const auto method : {BalanceMethod::hash, BalanceMethod::ip_hash, BalanceMethod::random}) {
    Fixture f(lines, method);
    EXPECT_EQ(pick_key(f, "key"), 137);
  }
  Fixture ring(consistent(lines));
  EXPECT_EQ(pick_key(ring, "key"), 137);
}

TEST(HashMethods, ARequestTriesEachPeerOnce) {
  for (const auto method : {BalanceMethod::hash, BalanceMethod::ip_hash, BalanceMethod::random}) {
    Fixture f(three, method);
    PickRequest request;
    request.hash_key = "key";
    std::string tried = f.tries(request);
    std::sort(tried.begin(), tried.end());
    EXPECT_EQ(tried, "abc");
  }
}

}  // namespace
}  // namespace drishti::upstream
