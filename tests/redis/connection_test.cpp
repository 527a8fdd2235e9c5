// The pipelined connection against a real Redis that is slow, stopped, killed or locked, and against one that lies.

#include "cache/redis/connection.hpp"

#include "tests/redis/fake_server.hpp"
#include "tests/redis/redis_support.hpp"

namespace drishti::cache::redis::testing {
namespace {

struct ConnectionTest : ClientTest {};

TEST_F(ConnectionTest, SetsAndGetsOverTcpAndUnixSockets) {
  const RedisProcess redis;
  connect(redis.url());
  EXPECT_TRUE(run({"SET", "a", "value"}).reply.is_ok());
  EXPECT_EQ(run({"GET", "a"}).reply.text, "value");
  connect("unix:" + redis.socket());
  EXPECT_EQ(run({"GET", "a"}).reply.text, "value");
  EXPECT_TRUE(run({"GET", "nothing"}).reply.is(Reply::Type::nil));
}

TEST_F(ConnectionTest, EntersWithUserPasswordAndDatabase) {
  const RedisProcess redis({"--user", "ann", "on", ">secret", "~*", "&*", "+@all", "--requirepass", "other"});
  connect(redis.url() + "/0", false);
  EXPECT_TRUE(until([&] { return errors(ErrorKind::auth) > 0; }));
  EXPECT_FALSE(client->is_available());
  EXPECT_TRUE(log.has("NOAUTH: it wants a password")) << log.text;
  const std::string at = "@127.0.0.1:" + std::to_string(redis.port());
  connect("redis://ann:secret" + at + "/5");
  EXPECT_TRUE(run({"SET", "a", "five"}).reply.is_ok());
  connect("redis://:other" + at + "/0");
  EXPECT_TRUE(run({"GET", "a"}).reply.is(Reply::Type::nil)) << "database 0 is another one";
}

TEST_F(ConnectionTest, NeverLogsThePasswordThatWasRefused) {
  const RedisProcess redis({"--requirepass", "right"});
  connect("redis://ann:hunter2@127.0.0.1:" + std::to_string(redis.port()), false);
  EXPECT_TRUE(until([&] { return errors(ErrorKind::auth) >= 3; }));
  EXPECT_TRUE(log.has("WRONGPASS"));
  EXPECT_FALSE(log.has("hunter2"));
  EXPECT_EQ(log.text.find("WRONGPASS"), log.text.rfind("WRONGPASS")) << "once, not for every attempt";
  EXPECT_FALSE(run({"GET", "a"}).ok()) << "refused at once";
}

/// Counts wrong answers of many callers at once.
net::Task<void> echo(Client& client, int number, int& right, int& ended) {
  const std::string text = "message " + std::to_string(number);
  const CallResult result = co_await client.call("", command("ECHO", text), {});
  ++ended;
  if (result.ok() && result.reply.text == text) ++right;
}

TEST_F(ConnectionTest, GivesEachOfManyCallersItsOwnReplyInFewWrites) {
  const RedisProcess redis;
  connect(redis.url("?timeout=5s"));
  constexpr int calls = 1000;
  int right = 0, ended = 0;
  reactor.clock().update();
  for (int i = 0; i < calls; ++i) net::spawn(echo(*client, i, right, ended));
  EXPECT_TRUE(until([&] { return ended == calls; }));
  EXPECT_EQ(right, calls);
}

TEST_F(ConnectionTest, FailsByTheDeadlineWhenRedisIsStoppedAndNeverSeesTheLateReplies) {
  const RedisProcess redis;
  connect(redis.url("?timeout=20ms"));
  redis.freeze();
  int right = 0, ended = 0;
  reactor.clock().update();
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 50; ++i) net::spawn(echo(*client, i, right, ended));
  EXPECT_TRUE(until([&] { return ended == 50; }));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(200));
  EXPECT_EQ(right, 0);
  EXPECT_EQ(errors(ErrorKind::timeout), 50u);
  EXPECT_FALSE(client->is_available()) << "the breaker is open";
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(run({"GET", "a"}).ok());
  EXPECT_EQ(metrics.unavailable.value(), 100u);
  redis.thaw();
  EXPECT_TRUE(until([&] { return client->is_available(); }));
  ended = 0;
  for (int i = 100; i < 200; ++i) net::spawn(echo(*client, i, right, ended));
  EXPECT_TRUE(until([&] { return ended == 100; }));
  EXPECT_EQ(right, 100) << "nobody got the reply to an older command";
}

TEST_F(ConnectionTest, ComesBackByItselfAfterAKillAndSaysBothOnce) {
  RedisProcess redis;
  connect(redis.url());
  redis.kill();
  EXPECT_TRUE(until([&] { return !client->is_available(); }));
  EXPECT_TRUE(until([&] { return errors(ErrorKind::connect) >= 2; }));
  redis.start();
  EXPECT_TRUE(until([&] { return client->is_available(); }));
  EXPECT_TRUE(run({"SET", "a", "b"}).reply.is_ok());
  EXPECT_TRUE(log.has("Connection refused"));
  EXPECT_TRUE(log.has("connected again"));
  EXPECT_EQ(log.text.find("refused"), log.text.rfind("refused"));
}

TEST_F(ConnectionTest, StartsWithoutRedisAndFindsItLater) {
  RedisProcess redis;
  redis.kill();
  connect(redis.url(), false);
  EXPECT_TRUE(until([&] { return errors(ErrorKind::connect) >= 1; }));
  EXPECT_FALSE(run({"GET", "a"}).ok());
  redis.start();
  EXPECT_TRUE(until([&] { return client->is_available(); }));
}

TEST_F(ConnectionTest, TreatsASleepingServerAsGoneForTheCallButKeepsTrying) {
  const RedisProcess redis;
  connect(redis.url());
  EXPECT_EQ(run({"DEBUG", "SLEEP", "0.3"}).failure, ErrorKind::timeout);
  EXPECT_TRUE(until([&] { return client->is_available(); }));
  EXPECT_TRUE(run({"PING"}).ok());
}

TEST_F(ConnectionTest, AllowsMoreTimeForLargeValues) {
  const RedisProcess redis;
  connect(redis.url());
  EXPECT_TRUE(run({"DEBUG", "SLEEP", "0.1"}, milliseconds(2000)).ok());
}

TEST_F(ConnectionTest, LetsAWaitingCallerBeDestroyed) {
  const RedisProcess redis;
  const auto url = parsed(redis.url("?timeout=1s"));
  const auto connection = std::make_shared<Connection>(reactor, make_address_source(url, services()),
                                                       connection_options(url), metrics, log);
  connection->start();
  EXPECT_TRUE(until([&] { return connection->is_available(); }));
  reactor.clock().update();
  {
    auto abandoned = connection->call(command("ECHO", "abandoned"));
    auto waiting = [](Connection& c) -> net::Task<void> { co_await c.call(command("ECHO", "waiting")); }(*connection);
    waiting.await_suspend(std::noop_coroutine()).resume();
  }
  auto kept = connection->call(command("ECHO", "kept"));
  EXPECT_TRUE(until([&] { return kept.await_ready(); }));
  EXPECT_EQ(kept.await_resume().reply.text, "kept");
  connection->stop();
  turn_for(milliseconds(1));
}

TEST_F(ConnectionTest, RefusesToQueueWithoutBounds) {
  const RedisProcess redis;
  connect(redis.url("?timeout=20s"));
  redis.freeze();
  int right = 0, ended = 0;
  reactor.clock().update();
  for (int i = 0; i < 10'000; ++i) net::spawn(echo(*client, i, right, ended));
  EXPECT_EQ(ended, 10'000 - 8192) << "the rest was refused at once";
  EXPECT_EQ(errors(ErrorKind::overload), 10'000u - 8192);
  redis.thaw();
  EXPECT_TRUE(until([&] { return ended == 10'000; }));
  EXPECT_EQ(right, 8192);
  const std::string large(9 << 20, 'x');
  EXPECT_EQ(run({"SET", "a", large}).failure, ErrorKind::overload);
}

TEST_F(ConnectionTest, OpensTheBreakerWhileRedisLoads) {
  RedisProcess redis({"--loading-process-events-interval-bytes", "1024", "--key-load-delay", "2000"});
  for (int i = 0; i < 300; ++i) redis.cli({"SET", "key" + std::to_string(i), std::string(1000, 'x')});
  redis.cli({"SAVE"});
  connect(redis.url());
  redis.kill();
  redis.start();  // answers LOADING for most of a second
  EXPECT_TRUE(until([&] { return errors(ErrorKind::loading) > 0; })) << log.text;
  EXPECT_TRUE(until([&] { return client->is_available(); }));
  EXPECT_EQ(run({"GET", "key7"}).reply.text.size(), 1000u);
}

TEST_F(ConnectionTest, EndsAConnectionThatSendsNonsense) {
  for (const char* script : {"HTTP/1.1 400 Bad Request\r\n\r\n", "$536870912\r\n", "*2147483647\r\n", "$-5\r\nx\r\n",
                             "+OK\r\n+unasked\r\n", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"}) {
    const FakeServer fake(script);
    connect(fake.url());
    const std::uint64_t before = errors(ErrorKind::protocol) + errors(ErrorKind::timeout);
    const bool is_answered = run({"GET", "a"}).ok();
    EXPECT_EQ(is_answered, std::string_view(script).starts_with("+OK")) << script;
    EXPECT_FALSE(until([&] { return client->is_available(); }, milliseconds(30))) << script;
    EXPECT_EQ(errors(ErrorKind::protocol) + errors(ErrorKind::timeout), before + (is_answered ? 0 : 1)) << script;
  }
}

TEST_F(ConnectionTest, FollowsANameToItsNewAddressOnEachAttempt) {
  RedisProcess first;
  const RedisProcess second;
  std::uint16_t port = first.port();
  int asked = 0;
  resolve = [&](const std::string& host, std::uint16_t, std::function<void(std::vector<SocketAddress>)> done) {
    EXPECT_EQ(host, "cache.test");
    ++asked;
    boost::asio::post(io, [this, done, address = *SocketAddress::from_ip("127.0.0.1", port)] {
      reactor.clock().update();
      done({address});
    });
  };
  connect("redis://cache.test");
  first.kill();
  port = second.port();
  EXPECT_TRUE(until([&] { return asked >= 2 && client->is_available(); }));
  EXPECT_TRUE(run({"PING"}).ok());
}

TEST_F(ConnectionTest, TakesTheMasterOfAList) {
  const RedisProcess master;
  const RedisProcess replica({"--replicaof", "127.0.0.1", std::to_string(master.port())});
  const std::string hosts = "127.0.0.1:" + std::to_string(replica.port()) + ",127.0.0.1:" + std::to_string(master.port());
  connect("redis://" + hosts);
  EXPECT_TRUE(run({"SET", "a", "b"}).reply.is_ok());
  EXPECT_EQ(master.cli({"GET", "a"}).text, "b");
}

}  // namespace
}  // namespace drishti::cache::redis::testing
