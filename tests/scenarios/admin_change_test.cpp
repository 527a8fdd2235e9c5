// Changes through the admin API while requests are served: none is lost. Whole proxy; users-pains 15.

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

#include "tests/scenarios/admin_support.hpp"
#include "tests/scenarios/health_support.hpp"
#include "tests/support/load_client.hpp"

namespace drishti::testing {
namespace {

using std::chrono::seconds;

std::string config_of(const TokenFile& token, const std::string& servers, const std::string& more = {}) {
  return with_admin(token, "worker_processes 2;\n" + proxy_config(servers, more));
}

FakeUpstream::Script waits_for(const std::shared_ptr<Event>& event, const std::string& name) {
  return [=](const UpstreamRequest&) { return Actions{Action::wait(event), Action::send(ok_response(name))}; };
}

constexpr unsigned connections = 4;

/// Nothing more comes to UPSTREAM under load, but what was on its way when it was told: at most one request of each connection.
void expect_left_alone(const FakeUpstream& upstream, LoadClient& load) {
  const std::size_t before = upstream.requests().size();
  ASSERT_TRUE(load.wait_for_answers(250, seconds(30)));
  EXPECT_LE(upstream.requests().size(), before + connections);
}

TEST(AdminChange, ADrainedServerGetsNoNewRequestsUnderLoadAndNoneIsLost) {
  TokenFile token;
  FakeUpstream a(answers("a")), b(answers("b"));
  ProxyUnderTest proxy(config_of(token, server(a) + server(b)));
  LoadClient load(proxy.port(), connections, LoadClient::Connections::kept);
  ASSERT_TRUE(load.wait_for_body("a", seconds(30)));
  EXPECT_EQ(change(proxy, "drain", a.address()).status, 200);
  EXPECT_EQ(state_of(proxy, a.address()), "draining");
  expect_left_alone(a, load);
  EXPECT_EQ(change(proxy, "enable", a.address()).status, 200);
  EXPECT_TRUE(load.wait_for_body("a", seconds(30))) << "it is used again";
  load.stop();
  EXPECT_EQ(load.failed(), 0U) << load.reasons();
  EXPECT_TRUE(proxy.wait_for_log("peer is draining, peer " + a.address() + " in upstream \"backend\": administrator"));
}

class InProgress : public ::testing::TestWithParam<const char*> {};

TEST_P(InProgress, FinishesWhereItIs) {
  TokenFile token;
  auto release = std::make_shared<Event>();
  FakeUpstream a(waits_for(release, "a")), b(answers("b"));
  ProxyUnderTest proxy(config_of(token, server(a) + server(b, "backup")));
  RawClient client(proxy.port());
  client.send(request_text("GET", "/"));
  ASSERT_TRUE(a.wait_until([&] { return a.requests().size() == 1; }));
  EXPECT_EQ(change(proxy, GetParam(), a.address()).status, 200);
  EXPECT_EQ(bodies(proxy, 3), "bbb");
  release->set();
  EXPECT_EQ(client.read_response().value_or(RawResponse{}).body, "a");
  EXPECT_EQ(a.requests().size(), 1U);
}
INSTANTIATE_TEST_SUITE_P(AdminChange, InProgress, ::testing::Values("drain", "down", "remove"));

TEST(AdminChange, ServersComeAndGoUnderLoadAndNoRequestIsLost) {
  TokenFile token;
  FakeUpstream a(answers("a")), b(answers("b"));
  ProxyUnderTest proxy(config_of(token, server(a)));
  LoadClient load(proxy.port(), connections, LoadClient::Connections::kept);
  for (int round = 0; round < 5; ++round) {
    ASSERT_EQ(change(proxy, "servers", b.address()).status, 200);
    ASSERT_TRUE(load.wait_for_body("b", seconds(30)));
    ASSERT_EQ(change(proxy, "remove", b.address()).status, 200);
    EXPECT_EQ(state_of(proxy, b.address()), "");
    expect_left_alone(b, load);
  }
  load.stop();
  EXPECT_EQ(load.failed(), 0U) << load.reasons();
}

TEST(AdminChange, AServerThatIsDownGetsNothingUnderLoad) {
  TokenFile token;
  FakeUpstream a(answers("a")), b(answers("b"));
  ProxyUnderTest proxy(config_of(token, server(a) + server(b)));
  LoadClient load(proxy.port(), connections, LoadClient::Connections::fresh);
  ASSERT_TRUE(load.wait_for_body("b", seconds(30)));
  EXPECT_EQ(change(proxy, "down", b.address()).status, 200);
  EXPECT_EQ(state_of(proxy, b.address()), "down");
  expect_left_alone(b, load);
  load.stop();
  EXPECT_EQ(load.failed(), 0U) << load.reasons();
}

TEST(AdminChange, AWeightChangesTheShare) {
  TokenFile token;
  FakeUpstream a(answers("a")), b(answers("b"));
  ProxyUnderTest proxy(with_admin(token, proxy_config(server(a) + server(b))));
  EXPECT_EQ(admin_post(proxy, "/api/1/upstreams/backend/weight", {{"server", b.address()}, {"weight", 3}}).status, 200);
  const std::string order = bodies(proxy, 8);
  EXPECT_EQ(std::ranges::count(order, 'b'), 6) << order;
  EXPECT_EQ(peer_of(proxy, b.address()).at("weight").as_int64(), 3);
}

TEST(AdminChange, AnAddedServerHasTheParametersOfAServerLine) {
  TokenFile token;
  FakeUpstream a(answers("a")), b(answers("b"));
  ProxyUnderTest proxy(with_admin(token, proxy_config(server(a))));
  const ApiAnswer added = admin_post(proxy, "/api/1/upstreams/backend/servers",
                                     {{"server", b.address()}, {"weight", 4}, {"max_conns", 7}, {"max_fails", 2},
                                      {"fail_timeout", "3s"}, {"backup", true}});
  ASSERT_EQ(added.status, 200) << added.raw.body;
  const json::value peer = peer_of(proxy, b.address());
  ASSERT_FALSE(peer.is_null());
  EXPECT_TRUE(peer.at("added_at_run_time").as_bool());
  EXPECT_TRUE(peer.at("backup").as_bool());
  EXPECT_EQ(peer.at("max_conns").as_int64(), 7);
  EXPECT_EQ(peer.at("max_fails").as_int64(), 2);
  EXPECT_EQ(peer.at("fail_timeout").as_int64(), 3);
}

TEST(AdminChange, AddsNoServerTwiceAndNoneThatCanHaveNoAddress) {
  TokenFile token;
  ProxyUnderTest proxy(with_admin(token, proxy_config("server 127.0.0.1;")));
  const auto add = [&](const char* server) {
    return admin_post(proxy, "/api/1/upstreams/backend/servers", {{"server", server}}).status;
  };
  EXPECT_EQ(add("127.0.0.1"), 409);
  EXPECT_EQ(add("127.0.0.1:80"), 409);
  for (const char* none : {"a b", "\n", "api\x7f", "caf\xC3\xA9:80"}) EXPECT_EQ(add(none), 400) << none;
  EXPECT_EQ(add("127.0.0.1:81"), 200);
}

TEST(AdminChange, AnAddedServerIsCheckedBeforeItGetsTraffic) {
  TokenFile token;
  FakeUpstream a(well("a")), b(sick("b"));
  ProxyUnderTest proxy(with_admin(token, checked_config(server(a), "mandatory")));
  ASSERT_TRUE(becomes(proxy, "a"));
  ASSERT_EQ(change(proxy, "servers", b.address()).status, 200);
  ASSERT_TRUE(wait_for_checks(b, 2));
  EXPECT_EQ(bodies(proxy, 6), "aaaaaa");
  b.set_script(well("b"));
  EXPECT_TRUE(becomes(proxy, "b"));
}

TEST(AdminChange, AServerThatIsDownIsNotCheckedAndOneThatIsEnabledIs) {
  TokenFile token;
  FakeUpstream a(well("a")), b(well("b"));
  ProxyUnderTest proxy(with_admin(token, checked_config(server(a) + server(b, "down"), "mandatory")));
  ASSERT_TRUE(wait_for_checks(a, 1));
  EXPECT_EQ(checks(b), 0U);
  ASSERT_EQ(change(proxy, "enable", b.address()).status, 200);
  EXPECT_TRUE(wait_for_checks(b, 2));
  EXPECT_TRUE(becomes(proxy, "b"));
  ASSERT_EQ(change(proxy, "down", a.address()).status, 200);
  ASSERT_TRUE(wait_for_checks(b, 2)) << "what was under way at A is over";
  const std::size_t before = checks(a);
  ASSERT_TRUE(wait_for_checks(b, 5));
  EXPECT_EQ(checks(a), before);
}

TEST(AdminChange, WhenNobodyIsLeftTheAnswerSaysSo) {
  TokenFile token;
  FakeUpstream a(answers("a"));
  ProxyUnderTest proxy(with_admin(token, proxy_config(server(a))));
  const ApiAnswer answer = change(proxy, "drain", a.address());
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.body.as_object().contains("warning")) << answer.raw.body;
  EXPECT_EQ(ask(proxy, request_text("GET", "/")).status, 502);
}

TEST(AdminChange, OneAddressOfANameIsDrainedAndTheOthersStay) {
  TokenFile token;
  FakeUpstream a(answers("a")), b(answers("b"));
  const std::string group = "upstream backend { server localhost:" + std::to_string(a.port()) + "; " + server(b) + "}\n";
  ProxyUnderTest proxy(with_admin(token, http_config(group + "server { listen 127.0.0.1:@port@; location / { proxy_pass "
                                                             "http://backend; proxy_connect_timeout 2s; } }")));
  EXPECT_EQ(change(proxy, "drain", a.address()).status, 200);
  EXPECT_EQ(state_of(proxy, a.address()), "draining");
  EXPECT_EQ(change(proxy, "remove", a.address()).status, 409) << "an address of a name is not a server line";
  EXPECT_EQ(change(proxy, "down", "localhost:" + std::to_string(a.port())).status, 200);
  EXPECT_EQ(state_of(proxy, a.address()), "down");
  EXPECT_EQ(bodies(proxy, 4), "bbbb");
}

struct Refused {
  const char* path;
  json::object body;
  int status;
  const char* reason;
};

TEST(AdminChange, WhatCannotBeDoneIsRefusedWithAReason) {
  TokenFile token;
  FakeUpstream a(answers("a"));
  ProxyUnderTest proxy(with_admin(token, proxy_config(server(a))));
  const std::string backend = "/api/1/upstreams/backend/";
  const std::pair<std::string, Refused> cases[] = {
      {"/api/1/upstreams/nobody/drain", {"", {{"server", a.address()}}, 404, "no upstream \"nobody\""}},
      {backend + "drain", {"", {{"server", "10.9.9.9:1"}}, 404, "has no server \"10.9.9.9:1\""}},
      {backend + "drain", {"", {}, 400, "\"server\" is missing"}},
      {backend + "weight", {"", {{"server", a.address()}, {"weight", 0}}, 400, "from 1 to 65535"}},
      {backend + "weight", {"", {{"server", a.address()}, {"weight", "2"}}, 400, "has to be a number"}},
      {backend + "servers", {"", {{"server", a.address()}}, 409, "already"}},
      {backend + "servers", {"", {{"server", "ab"}, {"weight", -1}}, 400, "invalid parameter \"weight=-1\""}},
      {backend + "servers", {"", {{"server", "10.0.0.1:99999"}}, 400, "invalid port"}},
      {backend + "servers", {"", {{"server", "10.0.0.1:80"}, {"colour", "red"}}, 400, "invalid member \"colour\""}},
      {backend + "servers", {"", {{"server", "10.0.0.1:80"}, {"weight", json::array{1}}}, 400, "invalid member"}},
      {"/api/1/purge", {"", {{"url", "http://a.test/"}}, 404, "there is no cache"}},
      {"/api/1/purge", {"", {{"url", "/path"}}, 400, "http://"}},
      {"/api/1/purge", {"", {}, 400, "one of"}},
      {"/api/1/explode", {"", {}, 404, "nothing at"}},
  };
  for (const auto& [path, wanted] : cases) {
    const ApiAnswer answer = admin_post(proxy, path, wanted.body);
    EXPECT_EQ(answer.status, wanted.status) << path << " " << json::serialize(wanted.body) << answer.raw.body;
    EXPECT_NE(answer.error().find(wanted.reason), std::string::npos) << path << ": " << answer.error();
  }
  EXPECT_EQ(call_admin(proxy, admin_post_text(backend + "drain", "{\"server\":")).status, 400);
  EXPECT_EQ(call_admin(proxy, admin_post_text(backend + "drain", "[[[[[[]]]]]]")).status, 400);
  EXPECT_EQ(state_of(proxy, a.address()), "healthy") << "nothing changed";
}

}  // namespace
}  // namespace drishti::testing
