// rediss:// against a real redis-server with a certificate made for the test.

#include "tests/redis/redis_support.hpp"
#include "tests/redis/tls_certificate.hpp"

namespace drishti::cache::redis::testing {
namespace {

struct TlsTest : ClientTest {
  Certificate certificate;
  std::uint16_t tls_port = free_port();
  RedisProcess redis{certificate.options(tls_port)};

  std::string url(const std::string& rest) const { return "rediss://127.0.0.1:" + std::to_string(tls_port) + rest; }
};

TEST_F(TlsTest, SetsAndGetsSmallAndLargeValues) {
  connect(url("?ca=" + certificate.file()));
  for (const std::size_t size : {std::size_t{1}, std::size_t{100}, std::size_t{3} << 20}) {
    const std::string value(size, 'x');
    EXPECT_TRUE(run({"SET", "a", value}, milliseconds(2000)).reply.is_ok());
    EXPECT_TRUE(run({"GET", "a"}, milliseconds(2000)).reply.text == value);
  }
  EXPECT_TRUE(until([&] { return redis.cli({"GET", "a"}).text.size() == 3u << 20; }));
}

TEST_F(TlsTest, RefusesACertificateThatNobodyVouchesForUnlessTold) {
  connect(url(""), false);
  EXPECT_TRUE(until([&] { return errors(ErrorKind::connect) > 0; }));
  EXPECT_FALSE(client->is_available());
  EXPECT_TRUE(log.has("self-signed certificate")) << log.text;
  connect(url("?verify=off"));
  EXPECT_TRUE(run({"PING"}).ok());
}

TEST_F(TlsTest, RefusesACertificateOfAnotherName) {
  connect(url("?ca=" + certificate.file() + "&name=other.example"), false);
  EXPECT_TRUE(until([&] { return errors(ErrorKind::connect) > 0; }));
  EXPECT_TRUE(log.has("hostname mismatch")) << log.text;
  connect(url("?ca=" + certificate.file() + "&name=localhost"));
  EXPECT_TRUE(run({"PING"}).ok());
}

TEST_F(TlsTest, FailsWithoutHarmWhereNobodySpeaksTls) {
  connect("rediss://127.0.0.1:" + std::to_string(redis.port()), false);
  EXPECT_TRUE(until([&] { return errors(ErrorKind::connect) > 1; }));
  EXPECT_FALSE(client->is_available());
}

TEST_F(TlsTest, ComesBackAfterAKillAndTimesOutWhenStopped) {
  connect(url("?ca=" + certificate.file()));
  redis.kill();
  EXPECT_TRUE(until([&] { return !client->is_available(); }));
  redis.start();
  EXPECT_TRUE(until([&] { return client->is_available(); }));
  redis.freeze();
  EXPECT_EQ(run({"GET", "a"}).failure, ErrorKind::timeout);
  redis.thaw();
  EXPECT_TRUE(until([&] { return client->is_available(); }));
}

}  // namespace
}  // namespace drishti::cache::redis::testing
