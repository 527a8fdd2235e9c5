// Which peer gets a request, and what happens when it fails. Whole proxy, real sockets; nginx-semantics 3.1 - 3.3.

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/scenarios/scenario.hpp"

namespace drishti::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Steady = std::chrono::steady_clock;

TEST(UsersFile, SpreadsRequestsOverAllThreeServers) {
  FakeUpstream api1(answers("1")), api2(answers("2")), api3(answers("3"));
  ProxyUnderTest proxy(users_config(api1.address(), api2.address(), api3.address()));
  std::map<std::string, int> count;
  for (int i = 0; i < 30; ++i) ++count[ask(proxy, request_text("GET", "/")).body];
  EXPECT_EQ(count, (std::map<std::string, int>{{"1", 10}, {"2", 10}, {"3", 10}}));
  std::string head = api1.requests().at(0).head;
  EXPECT_NE(head.find("X-Real-IP: 127.0.0.1\r\n"), std::string::npos) << head;
  EXPECT_NE(head.find("X-Forwarded-For: 127.0.0.1\r\n"), std::string::npos) << head;
  EXPECT_NE(head.find("X-Forwarded-Proto: http\r\n"), std::string::npos) << head;
  EXPECT_NE(head.find("Host: a.test\r\n"), std::string::npos) << head;
}

TEST(UsersFile, AnswersHealthWithoutAnUpstream) {
  DeadPort dead;
  ProxyUnderTest proxy(users_config(dead.address(), dead.address(), dead.address()));
  RawResponse response = ask(proxy, request_text("GET", "/health"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "healthy\n");
}

TEST(UsersFile, SendsTheNextRequestToTheLeastBusyServer) {
  auto release = std::make_shared<Event>();
  FakeUpstream api1([=](const UpstreamRequest&) { return Actions{Action::wait(release), Action::send(ok_response("1"))}; });
  FakeUpstream api2(answers("2")), api3(answers("3"));
  ProxyUnderTest proxy(users_config(api1.address(), api2.address(), api3.address()));
  RawClient held(proxy.port());
  held.send(request_text("GET", "/"));
  ASSERT_TRUE(api1.wait_until([&] { return api1.requests().size() == 1; }));
  std::set<std::string> others;
  for (int i = 0; i < 6; ++i) others.insert(ask(proxy, request_text("GET", "/")).body);
  EXPECT_EQ(others, (std::set<std::string>{"2", "3"}));
  release->set();
  EXPECT_EQ(held.read_response().value().body, "1");
}

TEST(UsersFile, HidesAServerThatRefusesConnectionsAndPassesAPostOnToo) {
  DeadPort dead;
  FakeUpstream api2(answers("2")), api3(answers("3"));
  ProxyUnderTest proxy(users_config(dead.address(), api2.address(), api3.address()));
  RawResponse response = ask(proxy, request_text("POST", "/order", {}, "one coffee"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(api2.requests().size() + api3.requests().size(), 1u);
  EXPECT_EQ(log_line(proxy, "/order").substr(0, 4), "200|");
  EXPECT_NE(log_line(proxy, "/order").find("|502, 200|"), std::string::npos) << log_line(proxy, "/order");
  EXPECT_TRUE(proxy.wait_for_log("connect() failed (111: Connection refused) while connecting to upstream, client: 127.0.0.1"));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask(proxy, request_text("GET", "/")).status, 200);
}

TEST(UsersFile, RepeatsAGetThatGot500OnAnotherServerAndLogsBoth) {
  FakeUpstream api1(answers_status(500, "broken")), api2(answers("2")), api3(answers("3"));
  ProxyUnderTest proxy(users_config(api1.address(), api2.address(), api3.address()));
  RawResponse response = ask(proxy, request_text("GET", "/x"));
  EXPECT_EQ(response.status, 200);
  std::string line = log_line(proxy, "/x");
  EXPECT_TRUE(line.starts_with("200|" + api1.address() + ", 127.0.0.1:")) << line;
  EXPECT_NE(line.find("|500, 200|GET /x|"), std::string::npos) << line;
}

TEST(UsersFile, PassesAPostThatGot500OnAsItIs) {
  FakeUpstream api1(answers_status(500, "broken")), api2(answers("2")), api3(answers("3"));
  ProxyUnderTest proxy(users_config(api1.address(), api2.address(), api3.address()));
  RawResponse response = ask(proxy, request_text("POST", "/", {}, "x"));
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body, "broken");
  EXPECT_EQ(api1.requests().size(), 1u);
  EXPECT_EQ(api2.requests().size() + api3.requests().size(), 0u);
}

TEST(UsersFile, GivesTheClientTheLastServersOwn500) {
  FakeUpstream api1(answers_status(500, "one")), api2(answers_status(500, "two")), api3(answers_status(500, "three"));
  ProxyUnderTest proxy(users_config(api1.address(), api2.address(), api3.address()));
  RawResponse response = ask(proxy, request_text("GET", "/poison"));
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body, "three");
  EXPECT_NE(log_line(proxy, "/poison").find("|500, 500, 500|"), std::string::npos);
}

// nginx makes a 502 of it: nginx-semantics 3.2 rule 9, improved on purpose.
TEST(UsersFile, NeverMakesUpA502WhenTheOnlyServerLeftAnswered500) {
  FakeUpstream api1(answers_status(500, "one")), api2(answers_status(500, "two")), api3(answers_status(500, "three"));
  ProxyUnderTest proxy(users_config(api1.address(), api2.address(), api3.address()));
  for (int i = 0; i < 12; ++i) {
    RawResponse response = ask(proxy, request_text("GET", "/"));
    EXPECT_EQ(response.status, 500) << i;
    EXPECT_EQ(response.body.find("502"), std::string::npos);
  }
}

TEST(Failures, ThreeOfThemTakeAServerOutUntilFailTimeoutIsOver) {
  FakeUpstream bad(answers_status(500, "bad")), good(answers("good"));
  ProxyUnderTest proxy(proxy_config("server " + bad.address() + " max_fails=3 fail_timeout=1s; server " + good.address() + ";",
                                    "proxy_next_upstream error timeout http_500;"));
  for (int i = 0; i < 40; ++i) ASSERT_EQ(ask(proxy, request_text("GET", "/")).body, "good");
  std::size_t while_failing = bad.requests().size();
  EXPECT_GE(while_failing, 3u);
  EXPECT_LE(while_failing, 4u);  // one probe, should the test be slow
  EXPECT_TRUE(proxy.wait_for_log("upstream server temporarily disabled"));
  bad.set_script(answers("healed"));
  auto begin = Steady::now();
  bool is_back = false;
  while (!is_back && Steady::now() - begin < seconds(5)) {
    is_back = ask(proxy, request_text("GET", "/")).body == "healed";
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_TRUE(is_back);
}

TEST(Failures, DoNotDisableTheOnlyServer) {
  FakeUpstream only(answers_status(500, "bad"));
  ProxyUnderTest proxy(proxy_config("server " + only.address() + " max_fails=1 fail_timeout=60s;",
                                    "proxy_next_upstream error timeout http_500;"));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(proxy, request_text("GET", "/")).status, 500);
  only.kill();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(proxy, request_text("GET", "/")).status, 502);
  only.set_script(answers("ok"));
  only.revive();
  EXPECT_EQ(ask(proxy, request_text("GET", "/")).status, 200);
}

TEST(Failures, AllServersOutIsAnswered502AtOnceAndLoggedWithTheGroupsName) {
  DeadPort one, two;
  ProxyUnderTest proxy(proxy_config("server " + one.address() + "; server " + two.address() + ";"));
  EXPECT_EQ(ask(proxy, request_text("GET", "/first")).status, 502);
  EXPECT_EQ(ask(proxy, request_text("GET", "/second")).status, 502);
  EXPECT_TRUE(log_line(proxy, "/second").starts_with("502|backend|502|")) << log_line(proxy, "/second");
  EXPECT_TRUE(proxy.wait_for_log("no live upstreams while connecting to upstream"));
}

TEST(Failures, AMalformedHeadIsRepeatedAndEndsAs502) {
  auto garbage = [](const UpstreamRequest&) { return Actions{Action::send("HTTP/1.1 200 OK\r\nBad Field\r\n\r\n"), Action::close()}; };
  FakeUpstream bad(garbage), good(answers("good"));
  std::string listed = "proxy_next_upstream error timeout invalid_header;";
  {
    ProxyUnderTest proxy(proxy_config("server " + bad.address() + "; server " + good.address() + ";", listed));
    EXPECT_EQ(ask(proxy, request_text("GET", "/x")).body, "good");
    EXPECT_NE(log_line(proxy, "/x").find("|502, 200|"), std::string::npos);
    EXPECT_TRUE(proxy.wait_for_log("upstream sent invalid header while reading response header from upstream"));
  }
  ProxyUnderTest unlisted(proxy_config("server " + bad.address() + "; server " + good.address() + ";"));
  EXPECT_EQ(ask(unlisted, request_text("GET", "/")).status, 502);
}

TEST(Failures, AHeadTooLargeForProxyBufferSizeIsA502) {
  FakeUpstream big([](const UpstreamRequest&) {
    return Actions{Action::send(ok_response("x", "X-Big: " + std::string(9000, 'b') + "\r\n"))};
  });
  ProxyUnderTest proxy(proxy_config("server " + big.address() + ";", "proxy_buffer_size 4k;"));
  EXPECT_EQ(ask(proxy, request_text("GET", "/")).status, 502);
  EXPECT_TRUE(proxy.wait_for_log("upstream sent too big header while reading response header from upstream"));
}

TEST(Failures, ASilentServerIsA504AfterProxyReadTimeout) {
  FakeUpstream silent(stays_silent());
  ProxyUnderTest proxy(proxy_config("server " + silent.address() + ";", "proxy_read_timeout 200ms;"));
  auto begin = Steady::now();
  EXPECT_EQ(ask(proxy, request_text("GET", "/x")).status, 504);
  EXPECT_GE(Steady::now() - begin, milliseconds(190));
  EXPECT_LT(Steady::now() - begin, seconds(2));
  EXPECT_TRUE(proxy.wait_for_log("upstream timed out (110: Connection timed out) while reading response header from upstream"));
  EXPECT_TRUE(silent.wait_until([&] { return silent.connections_open() == 0; }));
}

TEST(Failures, AGetThatTimedOutIsRepeatedButAPostIsNot) {
  FakeUpstream silent(stays_silent()), good(answers("good"));
  ProxyUnderTest proxy(proxy_config("server " + silent.address() + " max_fails=0; server " + good.address() + ";",
                                    "proxy_read_timeout 150ms;"));
  std::map<int, int> gets, posts;
  for (int i = 0; i < 2; ++i) ++gets[ask(proxy, request_text("GET", "/")).status];
  for (int i = 0; i < 2; ++i) ++posts[ask(proxy, request_text("POST", "/", {}, "x")).status];
  EXPECT_EQ(gets, (std::map<int, int>{{200, 2}}));
  EXPECT_EQ(posts, (std::map<int, int>{{200, 1}, {504, 1}}));
}

TEST(Failures, AnIdleClockDoesNotShortenTheNextRequestsDeadlines) {
  FakeUpstream good([](const UpstreamRequest&) {
    return Actions{Action::dribble("HTTP", milliseconds(20)), Action::send("/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")};
  });
  ProxyUnderTest proxy(proxy_config("server " + good.address() + ";",
                                    "proxy_connect_timeout 300ms; proxy_read_timeout 300ms; proxy_send_timeout 300ms;"));
  EXPECT_EQ(ask(proxy, request_text("GET", "/")).status, 200);
  std::this_thread::sleep_for(milliseconds(700));  // longer than every deadline, and nothing wakes the loop
  EXPECT_EQ(ask(proxy, request_text("GET", "/")).status, 200);
}

TEST(Tries, EndAtProxyNextUpstreamTries) {
  FakeUpstream one(answers_status(503, "1")), two(answers_status(503, "2")), three(answers("3"));
  ProxyUnderTest proxy(proxy_config("server " + one.address() + "; server " + two.address() + "; server " + three.address() + ";",
                                    "proxy_next_upstream http_503; proxy_next_upstream_tries 2;"));
  EXPECT_EQ(ask(proxy, request_text("GET", "/x")).status, 503);
  EXPECT_NE(log_line(proxy, "/x").find("|503, 503|"), std::string::npos);
}

TEST(Tries, EndWhenProxyNextUpstreamTimeoutIsOver) {
  FakeUpstream slow(stays_silent()), good(answers("good"));
  ProxyUnderTest proxy(proxy_config("server " + slow.address() + "; server " + good.address() + ";",
                                    "proxy_read_timeout 300ms; proxy_next_upstream_timeout 100ms;"));
  EXPECT_EQ(ask(proxy, request_text("GET", "/")).status, 504);
  EXPECT_EQ(good.requests().size(), 0u);
}

TEST(Tries, AreOffWithProxyNextUpstreamOff) {
  DeadPort dead;
  FakeUpstream good(answers("good"));
  ProxyUnderTest proxy(proxy_config("server " + dead.address() + " max_fails=0; server " + good.address() + ";", "proxy_next_upstream off;"));
  std::map<int, int> statuses;
  for (int i = 0; i < 4; ++i) ++statuses[ask(proxy, request_text("GET", "/")).status];
  EXPECT_EQ(statuses, (std::map<int, int>{{200, 2}, {502, 2}}));
}

TEST(Tries, UseABackupOnlyWhenNoOtherServerIsLeft) {
  FakeUpstream main(answers("main")), backup(answers("backup"));
  ProxyUnderTest proxy(proxy_config("server " + main.address() + " fail_timeout=1s; server " + backup.address() + " backup;"));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(proxy, request_text("GET", "/")).body, "main");
  main.kill();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(proxy, request_text("GET", "/")).body, "backup");
}

TEST(Tries, NeverUseAServerThatIsDown) {
  FakeUpstream down(answers("down")), up(answers("up"));
  ProxyUnderTest proxy(proxy_config("server " + down.address() + " down; server " + up.address() + ";"));
  for (int i = 0; i < 6; ++i) EXPECT_EQ(ask(proxy, request_text("GET", "/")).body, "up");
  up.kill();
  EXPECT_EQ(ask(proxy, request_text("GET", "/")).status, 502);
  EXPECT_EQ(down.connections_accepted(), 0);
}

TEST(Tries, KeepToMaxConnsOverAllWorkers) {
  auto release = std::make_shared<Event>();
  FakeUpstream slow([=](const UpstreamRequest&) { return Actions{Action::wait(release), Action::send(ok_response("slow"))}; });
  FakeUpstream other(answers("other"));
  ProxyUnderTest proxy("worker_processes 2;\n" +
                       proxy_config("server " + slow.address() + " max_conns=1; server " + other.address() + " backup;"));
  RawClient held(proxy.port());
  held.send(request_text("GET", "/"));
  ASSERT_TRUE(slow.wait_until([&] { return slow.requests().size() == 1; }));
  for (int i = 0; i < 8; ++i) EXPECT_EQ(ask(proxy, request_text("GET", "/")).body, "other");
  release->set();
  EXPECT_EQ(held.read_response().value().body, "slow");
  bool is_free = false;  // right after the answer went out: another worker may look a moment earlier
  for (int i = 0; i < 1000 && !is_free; ++i) is_free = ask(proxy, request_text("GET", "/")).body == "slow";
  EXPECT_TRUE(is_free);
}

// ---- kept connections ----

TEST(KeptConnection, IsReusedForTheNextRequest) {
  FakeUpstream upstream(answers("ok"));
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + "; keepalive 8;"));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(proxy, request_text("GET", "/")).status, 200);
  EXPECT_EQ(upstream.connections_accepted(), 1);
}

/// The first request on a connection is answered; the second finds the server closing it.
FakeUpstream::Script closes_on_second_request() {
  return [](const UpstreamRequest& request) {
    if (request.number == 1) return Actions{Action::send(ok_response("ok"))};
    return Actions{Action::close()};
  };
}

TEST(KeptConnection, ThatTheServerClosesAsAGetArrivesIsReplacedWithoutBlame) {
  FakeUpstream upstream(closes_on_second_request()), other(answers("other"));
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + " max_fails=1 fail_timeout=60s; server " + other.address() +
                                    " backup; keepalive 8;"));
  for (int i = 0; i < 6; ++i) {
    RawResponse response = ask(proxy, request_text("GET", "/n" + std::to_string(i)));
    EXPECT_EQ(response.body, "ok") << i;
    EXPECT_NE(log_line(proxy, "/n" + std::to_string(i)).find("|200|GET"), std::string::npos);
  }
  EXPECT_EQ(other.requests().size(), 0u);
}

TEST(KeptConnection, ThatTheServerClosesAsAPostArrivesIsNeverSentTwice) {
  FakeUpstream upstream(closes_on_second_request());
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + "; keepalive 8;"));
  EXPECT_EQ(ask(proxy, request_text("GET", "/")).status, 200);
  EXPECT_EQ(ask(proxy, request_text("POST", "/pay", {}, "100")).status, 502);
  int payments = 0;
  for (const UpstreamRequest& request : upstream.requests()) payments += request.path() == "/pay" ? 1 : 0;
  EXPECT_EQ(payments, 1);
}

TEST(KeptConnection, ThatTheServerClosedWhileIdleIsNotUsedEvenForAPost) {
  FakeUpstream upstream([](const UpstreamRequest&) { return Actions{Action::send(ok_response("ok")), Action::close()}; });
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + "; keepalive 8;"));
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(ask(proxy, request_text("POST", "/", {}, "x")).status, 200) << i;
    EXPECT_TRUE(upstream.wait_until([&] { return upstream.connections_open() == 0; }));
  }
}

TEST(KeptConnection, IsGivenUpBeforeTheServersOwnTimeout) {
  FakeUpstream upstream([](const UpstreamRequest&) {
    return Actions{Action::send(ok_response("ok", "Keep-Alive: timeout=1\r\n"))};
  });
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + "; keepalive 8;"));
  EXPECT_EQ(ask(proxy, request_text("GET", "/")).status, 200);
  EXPECT_TRUE(upstream.wait_until([&] { return upstream.connections_open() == 0; }, milliseconds(950)));
}

TEST(KeptConnection, WithBytesBehindItsResponseIsNotReused) {
  FakeUpstream upstream([](const UpstreamRequest&) { return Actions{Action::send(ok_response("ok") + "HTTP/1.1 200 OK\r\n")}; });
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + "; keepalive 8;"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(proxy, request_text("GET", "/")).body, "ok");
  EXPECT_EQ(upstream.connections_accepted(), 3);
}

// ---- the client leaves ----

TEST(ClientThatLeaves, CancelsItsRequestAndIsLogged499) {
  FakeUpstream silent(stays_silent());
  ProxyUnderTest proxy(proxy_config("server " + silent.address() + ";"));
  {
    RawClient client(proxy.port());
    client.send(request_text("GET", "/gone"));
    ASSERT_TRUE(silent.wait_until([&] { return silent.requests().size() == 1; }));
  }
  EXPECT_TRUE(silent.wait_until([&] { return silent.connections_open() == 0; }));
  EXPECT_TRUE(log_line(proxy, "/gone").starts_with("499|" + silent.address() + "|-|")) << log_line(proxy, "/gone");
}

TEST(ClientThatLeaves, IsNotHeldAgainstTheServerAndFreesItsPlace) {
  FakeUpstream upstream(stays_silent());
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + " max_conns=1 max_fails=1 fail_timeout=60s; server " +
                                    upstream.address() + " down;"));
  for (int i = 1; i <= 3; ++i) {
    RawClient client(proxy.port());
    client.send(request_text("GET", "/"));
    ASSERT_TRUE(upstream.wait_until([&] { return upstream.requests().size() == static_cast<std::size_t>(i); }));
    client.close();
    ASSERT_TRUE(upstream.wait_until([&] { return upstream.connections_open() == 0; }));
  }
  upstream.set_script(answers("ok"));
  EXPECT_EQ(ask(proxy, request_text("GET", "/")).status, 200);
}

TEST(ClientThatLeaves, DoesNotCancelWithProxyIgnoreClientAbort) {
  auto release = std::make_shared<Event>();
  FakeUpstream upstream([=](const UpstreamRequest&) { return Actions{Action::wait(release), Action::send(ok_response("ok"))}; });
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + "; keepalive 4;", "proxy_ignore_client_abort on;"));
  RawClient client(proxy.port());
  client.send(request_text("GET", "/"));
  ASSERT_TRUE(upstream.wait_until([&] { return upstream.requests().size() == 1; }));
  client.close();
  std::this_thread::sleep_for(milliseconds(50));  // the proxy has to do nothing in this time
  EXPECT_EQ(upstream.connections_open(), 1);
  release->set();
  EXPECT_FALSE(log_line(proxy, "200|").empty());
}

}  // namespace
}  // namespace drishti::testing
