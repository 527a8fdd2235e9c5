// Who may purge (threat C21): by the address of the connection, whatever else a client says about himself.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/scenarios/redis_cache.hpp"
#include "tests/support/patience.hpp"

namespace drishti::testing {
namespace {

/// The status of the answer to one request sent from the loopback address FROM; 0: none.
int status_from(const char* from, const ProxyUnderTest& proxy, std::string request) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in own{}, there{};
  own.sin_family = there.sin_family = AF_INET;
  ::inet_pton(AF_INET, from, &own.sin_addr);
  ::inet_pton(AF_INET, "127.0.0.1", &there.sin_addr);
  there.sin_port = htons(proxy.port());
  const timeval longest{patience.count(), 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
  char head[13] = {};  // `HTTP/1.1 403`
  const bool is_sent = ::bind(fd, reinterpret_cast<sockaddr*>(&own), sizeof own) == 0 &&
                       ::connect(fd, reinterpret_cast<sockaddr*>(&there), sizeof there) == 0 &&
                       ::send(fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size());
  const bool is_answered = is_sent && ::recv(fd, head, sizeof head - 1, MSG_WAITALL) == sizeof head - 1;
  ::close(fd);
  return is_answered ? std::atoi(head + 9) : 0;
}

/// All ways to purge what stands under /a.
std::vector<std::string> purges() {
  return {request_text("PURGE", "/a"), request_text("PURGE", "/*"), request_text("PURGE", "/", "Cache-Tag: t\r\n"),
          request_text("PURGE", "/", "Surrogate-Key: t\r\n")};
}

struct PurgeAccess : ::testing::Test {
  RedisProcess redis;
  FakeUpstream upstream{counts("Cache-Control: max-age=600\r\nCache-Tag: t\r\n")};
  ProxyUnderTest proxy{redis_config(upstream, redis.url("?timeout=5s"), "proxy_cache_purge PURGE from 127.0.0.2;")};

  void SetUp() override {
    ASSERT_TRUE(eventually([&] { return are_connected(redis, 1, 1); }));
    ASSERT_TRUE(answers_from_memory(proxy, "/a"));
    ASSERT_TRUE(eventually([&] { return !only_entry(redis).empty(); }));
  }
  /// Nothing has changed: not in memory, not in Redis, and the upstream has heard nothing of it.
  void expect_untouched(const std::string& why) {
    EXPECT_EQ(told(get(proxy, "/a")), "HIT 200 1") << why;
    EXPECT_FALSE(only_entry(redis).empty()) << why;
    EXPECT_EQ(keys_in(redis, "drishti:z:r:*").size() + keys_in(redis, "*bans*").size(), 0u) << why;
    EXPECT_EQ(upstream.requests().size(), 1u) << why;
  }
};

TEST_F(PurgeAccess, IsDeniedToOtherAddresses) {
  for (const char* from : {"127.0.0.1", "127.0.0.3", "127.1.0.2"}) {
    for (const std::string& purge : purges()) EXPECT_EQ(status_from(from, proxy, purge), 403) << from << purge;
    expect_untouched(from);
  }
}

TEST_F(PurgeAccess, IsNotGivenToWhoSaysThatHeIsAnother) {
  for (const char* field : {"X-Forwarded-For: 127.0.0.2", "X-Real-IP: 127.0.0.2", "Forwarded: for=127.0.0.2", "Client-IP: 127.0.0.2",
                            "X-HTTP-Method-Override: PURGE"}) {
    const std::string purge = request_text("PURGE", "/a", std::string(field) + "\r\n");
    EXPECT_EQ(status_from("127.0.0.1", proxy, purge), 403) << field;
    expect_untouched(field);
  }
  const std::string overridden = request_text("GET", "/a", "X-HTTP-Method-Override: PURGE\r\nX-HTTP-Method: PURGE\r\n");
  EXPECT_EQ(status_from("127.0.0.2", proxy, overridden), 200);
  EXPECT_EQ(told(get(proxy, "/a")), "HIT 200 1") << "a GET is a GET, from whomever";
}

TEST_F(PurgeAccess, IsGivenToTheAddressThatIsNamed) {
  for (const std::string& purge : purges()) {
    ASSERT_TRUE(answers_from_memory(proxy, "/a"));
    EXPECT_EQ(status_from("127.0.0.2", proxy, purge), 200) << purge;
    EXPECT_EQ(get(proxy, "/a").field("X-Cache"), "MISS") << purge;
  }
}

TEST(PurgeByToken, NeedsTheTokenAndTheAddress) {
  FakeUpstream upstream(counts("Cache-Control: max-age=600\r\n"));
  const std::string map = "map \"$request_method:$http_x_token\" $purges { default 0; \"PURGE:secret\" 1; }";
  ProxyUnderTest proxy(cache_config(upstream, "proxy_cache_purge $purges from 127.0.0.2;", map));
  EXPECT_EQ(told(get(proxy, "/a")), "MISS 200 1");
  EXPECT_EQ(status_from("127.0.0.1", proxy, request_text("PURGE", "/a", "X-Token: secret\r\n")), 403);
  EXPECT_EQ(told(get(proxy, "/a")), "HIT 200 1");
  EXPECT_EQ(status_from("127.0.0.2", proxy, request_text("PURGE", "/a", "X-Token: secret\r\n")), 200);
  EXPECT_EQ(told(get(proxy, "/a")), "MISS 200 2");
}

}  // namespace
}  // namespace drishti::testing
