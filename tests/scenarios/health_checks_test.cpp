// health_check: what makes a peer unhealthy, and that it gets no traffic then. Whole proxy; threat catalogue A.1.9.

#include <gtest/gtest.h>

#include <csignal>
#include <set>

#include "tests/scenarios/health_support.hpp"
#include "tests/support/fake_dns.hpp"
#include "tests/support/grpc_frames.hpp"

namespace drishti::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(HealthCheck, TakesAPeerOutAndBringsItBack) {
  FakeUpstream a(well("a")), b(well("b"));
  ProxyUnderTest proxy(checked_config(server(a) + server(b)));
  ASSERT_TRUE(wait_for_checks(b, 1));
  b.set_script(sick("b"));
  ASSERT_TRUE(proxy.wait_for_log(change_text("unhealthy", "while checking status code", b.address(), "status 503")));
  const std::size_t before = traffic(b);
  EXPECT_EQ(bodies(proxy, 10), "aaaaaaaaaa");
  EXPECT_EQ(traffic(b), before);
  b.set_script(well("b"));
  EXPECT_TRUE(becomes(proxy, "b"));
  EXPECT_TRUE(proxy.wait_for_log(change_text("healthy", "while checking status code", b.address(), "status 200")));
}

TEST(HealthCheck, AsksWithTheNameOfTheGroupAsHost) {
  FakeUpstream a(well("a"));
  ProxyUnderTest proxy(checked_config(server(a)));
  ASSERT_TRUE(wait_for_checks(a, 1));
  const std::string head = a.requests().at(0).head;
  EXPECT_TRUE(head.starts_with("GET /health HTTP/1.1\r\nHost: backend\r\nConnection: close\r\n")) << head;
}

// U09, pain 7: checks pass, requests fail. max_fails ends it, and passed checks don't undo that.
TEST(HealthCheck, APeerThatLiesIsLeftToMaxFails) {
  FakeUpstream liar(peer(answers("ok"), answers_status(500, "broken"))), good(well("good"));
  ProxyUnderTest proxy(checked_config(server(liar, "max_fails=1 fail_timeout=60s") + server(good, "max_fails=1 fail_timeout=60s"),
                                      {}, "proxy_next_upstream error timeout http_500;"));
  for (int i = 0; i < 10; ++i) ASSERT_EQ(ask(proxy, request_text("GET", "/")).body, "good");
  ASSERT_TRUE(wait_for_checks(liar, 3));
  for (int i = 0; i < 10; ++i) ASSERT_EQ(ask(proxy, request_text("GET", "/")).body, "good");
  EXPECT_EQ(traffic(liar), 1u);
}

TEST(HealthCheck, NoticesEveryKindOfSickness) {
  const struct {
    const char* name;
    FakeUpstream::Script health;
    const char* step;
    const char* why;
  } cases[] = {
      {"resets", [](const UpstreamRequest&) { return Actions{Action::reset()}; }, "while reading response from upstream",
       "104: Connection reset by peer"},
      {"closes", [](const UpstreamRequest&) { return Actions{Action::close()}; }, "while reading response from upstream",
       "upstream prematurely closed connection"},
      {"hangs", stays_silent(), "while reading response from upstream", "110: Connection timed out"},
      {"dribbles", [](const UpstreamRequest&) { return Actions{Action::dribble(ok_response("ok"), milliseconds(100))}; },
       "while reading response from upstream", "110: Connection timed out"},
      {"talks nonsense", [](const UpstreamRequest&) { return Actions{Action::send("nonsense\r\n\r\n"), Action::close()}; },
       "while reading response from upstream", "upstream sent invalid header"},
      {"talks too much",
       [](const UpstreamRequest&) {
         return Actions{Action::send("HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n"), Action::close()};
       },
       "while reading response from upstream", "upstream sent invalid header"},
      {"switches", [](const UpstreamRequest&) { return Actions{Action::send("HTTP/1.1 101 Hm\r\n\r\n")}; },
       "while reading response from upstream", "upstream sent invalid header"}};
  for (const auto& c : cases) {
    FakeUpstream bad(peer(c.health, answers("bad"))), good(well("good"));
    ProxyUnderTest proxy(checked_config(server(bad) + server(good)));
    EXPECT_TRUE(proxy.wait_for_log(change_text("unhealthy", c.step, bad.address(), c.why))) << c.name << proxy.error_log();
    EXPECT_EQ(bodies(proxy, 4), "goodgoodgoodgood") << c.name;
    bad.kill();  // what still dribbles must not hold up the end
  }
}

TEST(HealthCheck, APeerThatIsDeadIsUnhealthyBeforeARequestFailsThere) {
  DeadPort dead;
  FakeUpstream good(well("good"));
  ProxyUnderTest proxy(checked_config("server " + dead.address() + "; " + server(good)));
  ASSERT_TRUE(proxy.wait_for_log(
      change_text("unhealthy", "while connecting to upstream", dead.address(), "111: Connection refused")));
  EXPECT_EQ(bodies(proxy, 3), "goodgoodgood");
  EXPECT_EQ(proxy.error_log().find("connect() failed"), std::string::npos);
}

// U08: every other check fails.
TEST(HealthCheck, AFlappingPeerStaysWithHysteresis) {
  auto turn = std::make_shared<std::atomic<int>>(0);
  auto flaps = [turn](const UpstreamRequest&) {
    return Actions{Action::send(++*turn % 2 == 0 ? ok_response("ok") : status_response(500, "no"))};
  };
  FakeUpstream a(peer(flaps, answers("a"))), b(well("b"));
  ProxyUnderTest proxy(checked_config(server(a) + server(b), "fails=3 passes=2"));
  ASSERT_TRUE(wait_for_checks(a, 12));
  EXPECT_EQ(proxy.error_log().find("peer is"), std::string::npos) << proxy.error_log();
}

// U10. Two locations with checks of their own, and checks that take longer than the interval.
TEST(HealthCheck, NeverRunsTwiceAtOnceForAPeer) {
  auto now = std::make_shared<std::atomic<int>>(0), most = std::make_shared<std::atomic<int>>(0);
  auto slow = [=](const UpstreamRequest&) {
    const int running = ++*now;
    if (running > *most) *most = running;
    std::this_thread::sleep_for(milliseconds(60));
    --*now;
    return Actions{Action::send(ok_response("ok"))};
  };
  FakeUpstream a(slow);
  const std::string text = http_config(
      "upstream backend { " + server(a) + " } server { listen 127.0.0.1:@port@;"
      "location /1 { proxy_pass http://backend; health_check uri=/health interval=10ms; }"
      "location /2 { proxy_pass http://backend; health_check uri=/other interval=10ms; }"
      "location /3 { proxy_pass http://backend; health_check uri=/third interval=10ms keepalive_time=60s; } }");
  ProxyUnderTest proxy(text);
  ASSERT_TRUE(a.wait_until([&] { return a.requests().size() >= 9; }));
  proxy.send_signal(SIGHUP);
  ASSERT_TRUE(a.wait_until([&] { return a.requests().size() >= 18; }));
  EXPECT_EQ(*most, 1);
  std::set<std::string> asked;
  for (const UpstreamRequest& request : a.requests()) asked.insert(request.path());
  EXPECT_EQ(asked, (std::set<std::string>{"/health", "/other", "/third"}));
}

TEST(HealthCheck, MandatoryKeepsTrafficFromAPeerUntilItsFirstPasses) {
  auto release = std::make_shared<Event>();
  auto late = [=](const UpstreamRequest&) { return Actions{Action::wait(release), Action::send(ok_response("ok"))}; };
  FakeUpstream a(peer(late, answers("a"))), b(well("b"));
  ProxyUnderTest proxy(checked_config(server(a) + server(b), "mandatory interval=10s passes=1"));
  ASSERT_TRUE(becomes(proxy, "b"));
  EXPECT_EQ(bodies(proxy, 6), "bbbbbb");
  EXPECT_EQ(traffic(a), 0u);
  release->set();
  EXPECT_TRUE(becomes(proxy, "a"));
}

TEST(HealthCheck, MandatoryWithoutAnyPassIs502) {
  FakeUpstream a(peer(stays_silent(), answers("a")));
  ProxyUnderTest proxy(checked_config(server(a), "mandatory interval=10s"));
  EXPECT_EQ(ask(proxy, request_text("GET", "/")).status, 502);
  EXPECT_EQ(traffic(a), 0u);
}

TEST(HealthCheck, MatchLooksAtStatusHeaderAndBody) {
  auto health = [](const UpstreamRequest&) { return Actions{Action::send(ok_response("all is well", "X-Ready: yes\r\n"))}; };
  const struct {
    const char* match;
    const char* step;  // null: it passes
  } cases[] = {{"status 200; header X-Ready = yes; body ~ well$;", nullptr},
               {"status ! 200;", "while checking status code"},
               {"header X-Ready != yes;", "while checking header"},
               {"header X-Missing;", "while checking header"},
               {"body !~ well;", "while checking response body"}};
  for (const auto& c : cases) {
    FakeUpstream a(peer(health, answers("a")));
    ProxyUnderTest proxy(checked_config(server(a), "match=m", {}, "match m { " + std::string(c.match) + " }\n"));
    ASSERT_TRUE(wait_for_checks(a, 2));
    const std::string line = "peer is unhealthy " + std::string(c.step == nullptr ? "" : c.step) + ", health check \"m\"";
    if (c.step != nullptr) EXPECT_TRUE(proxy.wait_for_log(line)) << c.match << proxy.error_log();
    else EXPECT_EQ(proxy.error_log().find("peer is"), std::string::npos) << c.match << proxy.error_log();
  }
}

TEST(HealthCheck, KeepsItsConnectionWhenAskedTo) {
  FakeUpstream a(well("a"));
  {
    ProxyUnderTest proxy(checked_config(server(a), "keepalive_time=60s"));
    ASSERT_TRUE(wait_for_checks(a, 5));
  }
  EXPECT_EQ(a.requests().back().connection, a.requests().front().connection);
  a.forget();
  ProxyUnderTest proxy(checked_config(server(a)));
  ASSERT_TRUE(wait_for_checks(a, 3));
  EXPECT_EQ(a.requests().at(1).number, 1) << "a connection for each check";
}

TEST(HealthCheck, AKeptConnectionThatThePeerClosedIsNoFailure) {
  auto answers_and_closes = [](const UpstreamRequest&) { return Actions{Action::send(ok_response("ok")), Action::close()}; };
  FakeUpstream a(answers_and_closes);
  ProxyUnderTest proxy(checked_config(server(a), "keepalive_time=60s"));
  ASSERT_TRUE(wait_for_checks(a, 5));
  EXPECT_EQ(proxy.error_log().find("peer is"), std::string::npos) << proxy.error_log();
}

TEST(HealthCheck, TcpAsksOnlyForAConnection) {
  DeadPort dead;
  FakeUpstream a(answers_status(500, "a"));
  ProxyUnderTest proxy(checked_config("server " + dead.address() + "; " + server(a), "type=tcp"));
  ASSERT_TRUE(proxy.wait_for_log(
      change_text("unhealthy", "while connecting to upstream", dead.address(), "111: Connection refused")));
  ASSERT_TRUE(a.wait_until([&] { return a.connections_accepted() > 3; }));
  EXPECT_EQ(proxy.error_log().find(a.address() + " in upstream"), std::string::npos);
}

TEST(HealthCheck, GrpcAsksTheHealthService) {
  using H2 = FakeUpstream::AskAt;
  const auto says = [](const std::string& bytes) {
    return [bytes](const UpstreamRequest&) { return Actions{Action::send(bytes), Action::read_to_close()}; };
  };
  FakeUpstream a(answers("a")), b(answers("b"));
  FakeUpstream health(says(grpc_health_answer(1)), H2::head);
  ProxyUnderTest proxy(checked_config(server(a) + server(b), "type=grpc grpc_service=shop port=" + std::to_string(health.port())));
  ASSERT_TRUE(health.wait_until([&] { return health.requests().size() >= 4; }));
  EXPECT_EQ(proxy.error_log().find("peer is"), std::string::npos) << proxy.error_log();
  health.set_script(says(grpc_health_answer(2)), H2::head);
  EXPECT_TRUE(proxy.wait_for_log(change_text("unhealthy", "while checking gRPC status", a.address(), "NOT_SERVING")));
  EXPECT_TRUE(proxy.wait_for_log(change_text("unhealthy", "while checking gRPC status", b.address(), "NOT_SERVING")));
  EXPECT_EQ(ask(proxy, request_text("GET", "/")).status, 502);
  health.set_script(says(grpc_health_answer(1)), H2::head);
  EXPECT_TRUE(becomes(proxy, "a"));
  health.set_script(says("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"), H2::head);
  EXPECT_TRUE(proxy.wait_for_log(
      change_text("unhealthy", "while reading response from upstream", a.address(), "upstream sent invalid HTTP/2")));
}

TEST(HealthCheck, MayAskAtAnotherPort) {
  FakeUpstream a(answers("a")), admin(sick("admin"));
  ProxyUnderTest proxy(checked_config(server(a), "port=" + std::to_string(admin.port())));
  EXPECT_TRUE(proxy.wait_for_log(change_text("unhealthy", "while checking status code", a.address(), "status 503")));
  EXPECT_EQ(checks(a), 0u);
}

TEST(HealthCheck, AllUnhealthyIs502UnlessHealthPanicIsOn) {
  FakeUpstream a(sick("a")), b(sick("b"));
  for (const bool panic : {false, true}) {
    ProxyUnderTest proxy(checked_config(server(a) + server(b) + (panic ? "health_panic on;" : "")));
    for (const FakeUpstream* upstream : {&a, &b})
      ASSERT_TRUE(proxy.wait_for_log(
          change_text("unhealthy", "while checking status code", upstream->address(), "status 503")));
    EXPECT_EQ(ask(proxy, request_text("GET", "/")).status, panic ? 200 : 502);
  }
}

TEST(HealthCheck, TheOnlyServerOfAGroupIsCheckedToo) {
  FakeUpstream only(sick("a"));
  ProxyUnderTest proxy(checked_config(server(only)));
  ASSERT_TRUE(proxy.wait_for_log("peer is unhealthy"));
  EXPECT_EQ(ask(proxy, request_text("GET", "/")).status, 502);
}

TEST(HealthCheck, BackupsTakeOverFromUnhealthyPrimaries) {
  FakeUpstream a(sick("a")), spare(well("spare"));
  ProxyUnderTest proxy(checked_config(server(a) + server(spare, "backup")));
  EXPECT_TRUE(becomes(proxy, "spare"));
}

TEST(HealthCheck, AReloadKeepsTheState) {
  FakeUpstream a(sick("a")), b(well("b"));
  const auto config = [&](const std::string& more) { return checked_config(server(a) + server(b), "interval=60s", more); };
  ProxyUnderTest proxy(config(""));
  ASSERT_TRUE(proxy.wait_for_log("peer is unhealthy"));
  const std::size_t asked = checks(a);
  proxy.write_config(config("add_header X-New yes;"));
  proxy.send_signal(SIGHUP);
  ASSERT_TRUE(proxy.wait_for_log("generation 1 of the configuration ended"));
  EXPECT_EQ(ask(proxy, request_text("GET", "/")).field("x-new"), "yes");
  EXPECT_EQ(bodies(proxy, 6), "bbbbbb");
  EXPECT_EQ(checks(a), asked) << "a reload is no reason to ask again";
}

TEST(HealthCheck, AReloadWithoutChecksUsesThePeerAgain) {
  FakeUpstream a(sick("a")), b(well("b"));
  ProxyUnderTest proxy(checked_config(server(a) + server(b)));
  ASSERT_TRUE(proxy.wait_for_log("peer is unhealthy"));
  proxy.write_config(proxy_config(server(a) + server(b)));
  proxy.send_signal(SIGHUP);
  EXPECT_TRUE(becomes(proxy, "a"));
}

// Scaling by DNS (pain 3): a new address proves itself first, and one that is gone is asked no more.
TEST(HealthCheck, FollowsWhatDnsChanges) {
  test::FakeDns dns;
  dns.move("api.test", "127.0.0.1");
  FakeUpstream old_peer(well("old"));
  ProxyUnderTest proxy(checked_config("server api.test:" + std::to_string(old_peer.port()) + " resolve;", "mandatory", {},
                                      "resolver " + dns.address().text() + " ipv6=off valid=1s;\n"));
  ASSERT_TRUE(becomes(proxy, "old"));
  dns.move("api.test", "127.0.0.2");  // nobody listens there
  ASSERT_TRUE(proxy.wait_for_log("peer 127.0.0.2:" + std::to_string(old_peer.port()) + " in upstream \"backend\": 111"));
  EXPECT_EQ(ask(proxy, request_text("GET", "/")).status, 502);
  EXPECT_EQ(proxy.error_log().find("connect() failed"), std::string::npos) << "no request was tried there";
  dns.move("api.test", "127.0.0.1");
  EXPECT_TRUE(becomes(proxy, "old"));
  EXPECT_TRUE(wait_for_checks(old_peer, 2)) << "it is checked again";
}

}  // namespace
}  // namespace drishti::testing
