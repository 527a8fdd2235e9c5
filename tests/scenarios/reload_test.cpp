// Signals, reloads, logs and limits of the running process; nginx-semantics 3.7 and 3.10.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <list>

#include "tests/scenarios/scenario.hpp"
#include "tests/support/patience.hpp"

namespace drishti::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Steady = std::chrono::steady_clock;

constexpr const char* reloaded = "reconfigured: new requests use the new configuration";

std::string says(const std::string& text, const std::string& more = {}) {
  return http_config("server { listen 127.0.0.1:@port@; " + more + " location / { return 200 \"" + text + "\"; } }");
}

std::size_t count_of(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

/// Sends HUP and waits until the new configuration is in use.
void reload(ProxyUnderTest& proxy) {
  std::size_t before = count_of(proxy.error_log(), reloaded);
  proxy.send_signal(SIGHUP);
  ASSERT_TRUE(eventually([&] { return count_of(proxy.error_log(), reloaded) != before; })) << proxy.error_log();
}

/// Asks on fresh connections until the answer is BODY.
bool soon_says(const ProxyUnderTest& proxy, const std::string& body) {
  return eventually([&] { return ask(proxy, request_text("GET", "/")).body == body; });
}

bool soon_refuses(std::uint16_t port) {
  return eventually([&] { return !RawClient(port).connected(); });
}

TEST(Reload, TakesTheNewFileIntoUse) {
  ProxyUnderTest proxy(says("old"));
  EXPECT_EQ(ask(proxy, request_text("GET", "/")).body, "old");
  proxy.write_config(says("new"));
  reload(proxy);
  EXPECT_TRUE(soon_says(proxy, "new"));
}

TEST(Reload, OfABadFileChangesNothing) {
  ProxyUnderTest proxy(says("old"));
  proxy.write_config(http_config("server { listen 127.0.0.1:@port@; location / { retrun 200 new; } }"));
  proxy.send_signal(SIGHUP);
  EXPECT_TRUE(proxy.wait_for_log("unknown directive \"retrun\""));
  EXPECT_EQ(ask(proxy, request_text("GET", "/")).body, "old");
  proxy.write_config(says("new"));
  reload(proxy);
  EXPECT_TRUE(soon_says(proxy, "new"));
}

TEST(Reload, ThatCannotBindKeepsAllOldListeners) {
  FakeUpstream occupant(answers("x"));
  ProxyUnderTest proxy(says("old"));
  proxy.write_config(says("new", "listen " + occupant.address() + "; listen 127.0.0.1:@port2@;"));
  proxy.send_signal(SIGHUP);
  EXPECT_TRUE(proxy.wait_for_log("bind() to " + occupant.address() + " failed (98: Address already in use)"));
  EXPECT_EQ(ask(proxy, request_text("GET", "/")).body, "old");
  EXPECT_FALSE(RawClient(proxy.port(2)).connected());
}

TEST(Reload, OpensNewAddressesAndClosesThoseThatAreGone) {
  ProxyUnderTest proxy(says("old"));
  EXPECT_FALSE(RawClient(proxy.port(2)).connected());
  proxy.write_config(says("both", "listen 127.0.0.1:@port2@;"));
  reload(proxy);
  EXPECT_EQ(get(proxy.port(2), "/").value().body, "both");
  proxy.write_config(says("one"));
  reload(proxy);
  EXPECT_TRUE(soon_refuses(proxy.port(2)));
  EXPECT_TRUE(soon_says(proxy, "one"));
}

TEST(Reload, LetsRequestsInProgressFinishOnTheOldConfiguration) {
  auto release = std::make_shared<Event>();
  FakeUpstream upstream([=](const UpstreamRequest&) { return Actions{Action::wait(release), Action::send(ok_response("slow"))}; });
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";", "add_header X-Generation old;"));
  RawClient client(proxy.port());
  client.send(request_text("GET", "/"));
  ASSERT_TRUE(upstream.wait_until([&] { return upstream.requests().size() == 1; }));
  proxy.write_config(says("new"));
  reload(proxy);
  ASSERT_TRUE(soon_says(proxy, "new"));
  EXPECT_EQ(proxy.error_log().find("generation 1 of the configuration ended"), std::string::npos);
  release->set();
  RawResponse response = client.read_response().value();
  EXPECT_EQ(response.body, "slow");
  EXPECT_EQ(response.field("x-generation"), "old");
  EXPECT_TRUE(proxy.wait_for_log("generation 1 of the configuration ended"));
  client.send(request_text("GET", "/"));
  EXPECT_EQ(client.read_response().value().body, "new");
}

const std::string status_location = "location = /status { stub_status; } ";

/// Waits until the head of one request was begun and is not there yet.
void wait_for_half_a_head(const ProxyUnderTest& proxy) {
  const auto is_reading = [&] { return ask(proxy, request_text("GET", "/status")).body.find("Reading: 1 ") != std::string::npos; };
  ASSERT_TRUE(eventually(is_reading));
}

/// Sends BEGIN, reloads to NEW_CONFIG, sends END; the response to it.
RawResponse answer_across_a_reload(ProxyUnderTest& proxy, RawClient& client, const std::string& begin, const std::string& new_config,
                                   const std::string& end) {
  client.send(begin);
  wait_for_half_a_head(proxy);
  proxy.write_config(new_config);
  reload(proxy);
  EXPECT_TRUE(soon_says(proxy, "new"));
  client.send(end);
  return client.read_response().value_or(RawResponse{});
}

TEST(Reload, AnswersAHeadThatWasHalfThereByTheConfigurationThatItBeganWith) {
  ProxyUnderTest proxy("worker_processes 1;\n" + says("old", status_location));
  RawClient client(proxy.port());
  EXPECT_EQ(answer_across_a_reload(proxy, client, "GET / HTTP/1.1\r\nHo", says("new"), "st: x\r\n\r\n").body, "old");
  client.send(request_text("GET", "/"));
  EXPECT_EQ(client.read_response().value_or(RawResponse{}).body, "new");
}

TEST(Reload, RefusesAHeadThatWasHalfThereByTheConfigurationThatItBeganWith) {
  const std::string page = "error_page 400 /page; location = /page { return 200 \"";
  ProxyUnderTest proxy("worker_processes 1;\n" + says("old", status_location + page + "old page\"; }"));
  RawClient client(proxy.port());
  client.send(request_text("GET", "/"));
  ASSERT_EQ(client.read_response().value_or(RawResponse{}).body, "old");
  EXPECT_EQ(answer_across_a_reload(proxy, client, "GET / HTTP/1.1\r\nHo", says("new", page + "new page\"; }"), "st : x\r\n\r\n").body,
            "old page");
  EXPECT_TRUE(proxy.is_running());
}

TEST(Reload, EndsKeptConnectionsOfAnAddressThatIsGone) {
  const std::string inner = "server { listen 127.0.0.1:@port2@; location / { return 200 inner; } }";
  ProxyUnderTest proxy("worker_processes 1;\n" + http_config("server { listen 127.0.0.1:@port@; " + status_location + "location / { return 200 outer; } }\n" + inner));
  RawClient idle(proxy.port()), begun(proxy.port());
  idle.send(request_text("GET", "/"));
  ASSERT_EQ(idle.read_response().value_or(RawResponse{}).body, "outer");
  begun.send(request_text("GET", "/"));
  ASSERT_EQ(begun.read_response().value_or(RawResponse{}).body, "outer");
  begun.send("GET / HTT");
  wait_for_half_a_head(proxy);
  proxy.write_config(http_config(inner));
  reload(proxy);
  idle.read_to_close();
  EXPECT_TRUE(idle.closed());
  begun.send("P/1.1\r\nHost: x\r\n\r\n");
  const RawResponse last = begun.read_response().value_or(RawResponse{});
  EXPECT_EQ(last.body, "outer");
  EXPECT_EQ(last.field("connection"), "close");
}

TEST(Reload, KeepsIdleClientConnections) {
  ProxyUnderTest proxy(says("old"));
  RawClient client(proxy.port());
  client.send(request_text("GET", "/"));
  EXPECT_EQ(client.read_response().value().body, "old");
  proxy.write_config(says("new"));
  reload(proxy);
  ASSERT_TRUE(soon_says(proxy, "new"));
  client.send(request_text("GET", "/"));
  EXPECT_EQ(client.read_response().value_or(RawResponse{}).body, "new");
}

TEST(Reload, KeepsIdleUpstreamConnections) {
  FakeUpstream upstream(answers("ok"));
  std::string config = proxy_config("server " + upstream.address() + "; keepalive 4;");
  ProxyUnderTest proxy(config);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(ask(proxy, request_text("GET", "/")).body, "ok");
    reload(proxy);
  }
  EXPECT_EQ(upstream.connections_accepted(), 1);
}

TEST(Reload, KeepsTunnels) {
  FakeUpstream upstream([](const UpstreamRequest&) {
    return Actions{Action::send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"), Action::read_to_close()};
  });
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";",
                                    "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;"));
  RawClient client(proxy.port());
  client.send(request_text("GET", "/ws", "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
  ASSERT_EQ(client.read_response().value_or(RawResponse{}).status, 101);
  proxy.write_config(says("new"));
  reload(proxy);
  ASSERT_TRUE(soon_says(proxy, "new"));
  client.send("still here");
  EXPECT_TRUE(upstream.wait_until([&] { return upstream.raw().find("still here") != std::string::npos; }));
}

TEST(Reload, KeepsWhatIsKnownOfFailedServers) {
  DeadPort dead;
  FakeUpstream good(answers("ok"));
  ProxyUnderTest proxy(proxy_config("server " + dead.address() + " max_fails=1 fail_timeout=60s; server " + good.address() + ";"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(proxy, request_text("GET", "/")).body, "ok");
  reload(proxy);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(proxy, request_text("GET", "/after")).body, "ok");
  ASSERT_FALSE(log_line(proxy, "/after").empty());
  EXPECT_EQ(count_of(proxy.error_log(), "connect() failed"), 1u);
}

// ---- QUIT and TERM ----

TEST(Quit, FinishesRequestsAndExitsWithZero) {
  auto release = std::make_shared<Event>();
  FakeUpstream upstream([=](const UpstreamRequest&) { return Actions{Action::wait(release), Action::send(ok_response("slow"))}; });
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";"));
  RawClient busy(proxy.port()), idle(proxy.port());
  busy.send(request_text("GET", "/"));
  ASSERT_TRUE(upstream.wait_until([&] { return upstream.requests().size() == 1; }));
  proxy.send_signal(SIGQUIT);
  EXPECT_TRUE(soon_refuses(proxy.port()));
  EXPECT_TRUE(proxy.is_running());
  release->set();
  RawResponse response = busy.read_response().value_or(RawResponse{});
  EXPECT_EQ(response.body, "slow");
  EXPECT_EQ(response.field("connection"), "close");
  EXPECT_EQ(proxy.wait_for_exit(), 0);
  EXPECT_NE(log_line(proxy, "200|").size(), 0u);
  EXPECT_FALSE(std::filesystem::exists(proxy.directory() + "/nginx.pid"));
}

TEST(Quit, AnswersTheFirstRequestOfWhoHasJustConnected) {
  ProxyUnderTest proxy(says("ok"));
  RawClient client(proxy.port());
  proxy.send_signal(SIGQUIT);
  ASSERT_TRUE(soon_refuses(proxy.port()));
  client.send(request_text("GET", "/"));
  const RawResponse response = client.read_response().value_or(RawResponse{});
  EXPECT_EQ(response.body, "ok");
  EXPECT_EQ(response.field("connection"), "close");
  EXPECT_EQ(proxy.wait_for_exit(), 0);
}

TEST(Quit, ClosesIdleConnectionsAtOnce) {
  ProxyUnderTest proxy(says("ok"));
  RawClient client(proxy.port());
  client.send(request_text("GET", "/"));
  ASSERT_TRUE(client.read_response());
  auto begin = Steady::now();
  proxy.send_signal(SIGQUIT);
  client.read_to_close();
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(proxy.wait_for_exit(), 0);
  EXPECT_LT(Steady::now() - begin, seconds(2));
}

TEST(Quit, IsBoundedByWorkerShutdownTimeout) {
  FakeUpstream silent(stays_silent());
  ProxyUnderTest proxy("worker_shutdown_timeout 300ms;\n" + proxy_config("server " + silent.address() + ";", "limit_rate 1;"));
  RawClient client(proxy.port());
  client.send(request_text("GET", "/"));
  ASSERT_TRUE(silent.wait_until([&] { return silent.requests().size() == 1; }));
  auto begin = Steady::now();
  proxy.send_signal(SIGQUIT);
  EXPECT_EQ(proxy.wait_for_exit(seconds(8)), 0);
  EXPECT_GE(Steady::now() - begin, milliseconds(250));
  EXPECT_LT(Steady::now() - begin, seconds(3));
}

TEST(Quit, IsBoundedAlsoWhileAResponseIsHeldBackByLimitRateAndATunnelIsOpen) {
  FakeUpstream upstream([](const UpstreamRequest& request) {
    if (request.path() == "/ws")
      return Actions{Action::send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"), Action::read_to_close()};
    return Actions{Action::send(ok_response(std::string(1 << 20, 'x')))};
  });
  ProxyUnderTest proxy("worker_shutdown_timeout 200ms;\n" +
                       proxy_config("server " + upstream.address() + ";",
                                    "limit_rate 1k; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;"));
  RawClient slow(proxy.port()), tunnel(proxy.port());
  slow.send(request_text("GET", "/"));
  ASSERT_TRUE(slow.read_some(patience));
  tunnel.send(request_text("GET", "/ws", "Connection: Upgrade\r\nUpgrade: x\r\n"));
  ASSERT_EQ(tunnel.read_response().value_or(RawResponse{}).status, 101);
  auto begin = Steady::now();
  proxy.send_signal(SIGQUIT);
  EXPECT_EQ(proxy.wait_for_exit(seconds(8)), 0);
  EXPECT_LT(Steady::now() - begin, seconds(3));
}

TEST(Term, StopsAtOnceWhateverIsInProgress) {
  FakeUpstream silent(stays_silent());
  ProxyUnderTest proxy("worker_processes 2;\n" + proxy_config("server " + silent.address() + ";"));
  std::list<RawClient> clients;
  for (int i = 0; i < 8; ++i) clients.emplace_back(proxy.port()).send(request_text("GET", "/"));
  ASSERT_TRUE(silent.wait_until([&] { return silent.requests().size() == 8; }));
  auto begin = Steady::now();
  EXPECT_EQ(proxy.stop(SIGTERM), 0);
  EXPECT_LT(Steady::now() - begin, seconds(2));
  EXPECT_TRUE(silent.wait_until([&] { return silent.connections_open() == 0; }));
}

TEST(Term, EndsAQuitThatIsUnderWay) {
  FakeUpstream silent(stays_silent());
  ProxyUnderTest proxy(proxy_config("server " + silent.address() + ";"));
  RawClient client(proxy.port());
  client.send(request_text("GET", "/"));
  ASSERT_TRUE(silent.wait_until([&] { return silent.requests().size() == 1; }));
  proxy.send_signal(SIGQUIT);
  EXPECT_TRUE(proxy.wait_for_log("gracefully shutting down"));
  auto begin = Steady::now();
  EXPECT_EQ(proxy.stop(SIGTERM), 0);
  EXPECT_LT(Steady::now() - begin, seconds(2));
}

// ---- logs ----

TEST(ReopenedLog, GetsTheNextLinesUnderItsOldName) {
  ProxyUnderTest proxy(says("ok"));
  ask(proxy, request_text("GET", "/before"));
  ASSERT_FALSE(log_line(proxy, "/before").empty());
  std::string log = proxy.directory() + "/access.log";
  std::filesystem::rename(log, log + ".1");
  ask(proxy, request_text("GET", "/between"));
  proxy.send_signal(SIGUSR1);
  EXPECT_TRUE(proxy.wait_for_log("reopening logs"));
  // The line of "/between" may be handed over after the signal, too.
  EXPECT_TRUE(eventually([&] {
    ask(proxy, request_text("GET", "/after"));
    return proxy.read("access.log").find("/after") != std::string::npos;
  }));
  EXPECT_NE(proxy.read("access.log.1").find("/before"), std::string::npos);
}

TEST(Reload, LosesNoLineOfTheAccessLog) {
  ProxyUnderTest proxy(says("ok"));
  for (int i = 0; i < 10; ++i) {
    for (int k = 0; k < 20; ++k) ask(proxy, request_text("GET", "/" + std::to_string(i) + "-" + std::to_string(k)));
    proxy.send_signal(SIGHUP);
  }
  EXPECT_FALSE(log_line(proxy, "/9-19").empty());
  std::string log = proxy.read("access.log");
  EXPECT_EQ(count_of(log, "|GET /"), 200u);
}

TEST(BlockedLogPipe, LosesLinesButNeverRequests) {
  std::string pipe = ::testing::TempDir() + "drishti-pipe-" + std::to_string(::getpid());
  ::unlink(pipe.c_str());
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  std::string config = says("ok", "large_client_header_buffers 4 16k; access_log " + pipe + " tried;");
  {
    ProxyUnderTest proxy(config);
    RawClient client(proxy.port());
    std::string path = "/" + std::string(8000, 'p');
    for (int i = 0; i < 600; ++i) {  // more than the pipe and the queue hold
      client.send(request_text("GET", path));
      auto response = client.read_response();
      ASSERT_TRUE(response) << i;
      ASSERT_EQ(response->status, 200);
    }
    EXPECT_TRUE(proxy.wait_for_log("lines lost"));
    EXPECT_TRUE(proxy.wait_for_log("its reader does not keep up"));
  }
  ::close(reader);
  ::unlink(pipe.c_str());
}

// ---- out of descriptors ----

double cpu_seconds(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

TEST(OutOfDescriptors, PausesAcceptingWithoutSpinningAndRecovers) {
  ProxyUnderTest proxy("worker_rlimit_nofile 60;\n" + says("ok"));
  {
    std::list<RawClient> clients;
    for (int i = 0; i < 100; ++i) clients.emplace_back(proxy.port());
    ASSERT_TRUE(proxy.wait_for_log("accept4() failed (24: Too many open files)"));
    double before = cpu_seconds(proxy.pid());
    std::this_thread::sleep_for(milliseconds(600));
    EXPECT_LT(cpu_seconds(proxy.pid()) - before, 0.2);
    RawClient& served = clients.front();
    served.send(request_text("GET", "/"));
    EXPECT_EQ(served.read_response().value_or(RawResponse{}).body, "ok");
  }
  EXPECT_TRUE(soon_says(proxy, "ok"));
}

}  // namespace
}  // namespace drishti::testing
