// What was changed at run time, and a reload: docs/ADMIN.md says what stays.

#include <gtest/gtest.h>

#include <csignal>

#include "tests/scenarios/admin_support.hpp"
#include "tests/scenarios/health_support.hpp"

namespace drishti::testing {
namespace {

ApiAnswer reload(const ProxyUnderTest& proxy) { return admin_post(proxy, "/api/1/reload", {}); }

TEST(AdminReload, ChangesStayWhenTheFileSaysNothingNewAboutTheServer) {
  TokenFile token;
  FakeUpstream a(answers("a")), b(answers("b")), c(answers("c"));
  const std::string servers = server(a) + server(b);
  ProxyUnderTest proxy(with_admin(token, proxy_config(servers)));
  ASSERT_EQ(change(proxy, "drain", a.address()).status, 200);
  ASSERT_EQ(change(proxy, "remove", b.address()).status, 200);
  ASSERT_EQ(change(proxy, "servers", c.address()).status, 200);
  proxy.write_config(with_admin(token, proxy_config(servers, "proxy_read_timeout 50s;")));
  const ApiAnswer answer = reload(proxy);
  ASSERT_EQ(answer.status, 200) << answer.raw.body;
  EXPECT_EQ(answer.body.at("generation").as_int64(), 2);
  EXPECT_EQ(state_of(proxy, a.address()), "draining");
  EXPECT_EQ(bodies(proxy, 4), "cccc");
}

TEST(AdminReload, WhatTheFileSaysAnewAboutAServerWins) {
  TokenFile token;
  FakeUpstream a(answers("a")), b(answers("b")), c(answers("c"));
  ProxyUnderTest proxy(with_admin(token, proxy_config(server(a) + server(b))));
  ASSERT_EQ(change(proxy, "drain", a.address()).status, 200);
  ASSERT_EQ(change(proxy, "remove", b.address()).status, 200);
  ASSERT_EQ(change(proxy, "servers", c.address()).status, 200);
  proxy.write_config(with_admin(token, proxy_config(server(a, "weight=2") + server(b, "weight=2") + server(c, "down"))));
  ASSERT_EQ(reload(proxy).status, 200);
  EXPECT_EQ(state_of(proxy, a.address()), "healthy");
  EXPECT_EQ(state_of(proxy, b.address()), "healthy");
  EXPECT_EQ(state_of(proxy, c.address()), "down");
  EXPECT_FALSE(peer_of(proxy, c.address()).at("added_at_run_time").as_bool());
}

TEST(AdminReload, ResetGoesBackToTheFile) {
  TokenFile token;
  FakeUpstream a(answers("a")), b(answers("b"));
  ProxyUnderTest proxy(with_admin(token, proxy_config(server(a, "down") + server(b))));
  EXPECT_EQ(change(proxy, "enable", a.address()).status, 200);
  EXPECT_EQ(state_of(proxy, a.address()), "healthy") << "over the file's `down`";
  EXPECT_EQ(change(proxy, "remove", b.address()).status, 200);
  EXPECT_EQ(bodies(proxy, 2), "aa");
  EXPECT_EQ(admin_post(proxy, "/api/1/upstreams/backend/reset", {}).status, 200);
  EXPECT_EQ(state_of(proxy, a.address()), "down");
  EXPECT_EQ(bodies(proxy, 2), "bb");
}

// O02 by way of the API.
TEST(AdminReload, ABadFileIsRefusedWithItsReasonAndTheOldConfigurationGoesOn) {
  TokenFile token;
  FakeUpstream a(answers("a"));
  ProxyUnderTest proxy(with_admin(token, proxy_config(server(a))));
  proxy.write_config(with_admin(token, "htttp { }"));
  const ApiAnswer refused = reload(proxy);
  EXPECT_EQ(refused.status, 409);
  EXPECT_NE(refused.error().find("unknown directive \"htttp\""), std::string::npos) << refused.error();
  EXPECT_EQ(bodies(proxy, 1), "a");
  const json::value state = admin_get(proxy, "/api/1/config").body;
  EXPECT_FALSE(state.at("last_reload_succeeded").as_bool());
  EXPECT_NE(std::string(state.at("last_error").as_string()).find("htttp"), std::string::npos);
  EXPECT_EQ(state.at("generation").as_int64(), 1);
}

TEST(AdminReload, TheListenerMovesAndItsTokenChanges) {
  TokenFile token, other("another-token-of-this-test");
  FakeUpstream a(answers("a"));
  ProxyUnderTest proxy(with_admin(token, proxy_config(server(a))));
  proxy.write_config("admin_listen 127.0.0.1:@port8@;\nadmin_token_file " + other.path() + ";\n" + proxy_config(server(a)));
  EXPECT_EQ(reload(proxy).status, 200) << "the answer comes from the old address";
  EXPECT_FALSE(RawClient(proxy.port(9)).connected());
  RawClient client(proxy.port(8));
  client.send(admin_post_text("/api/1/reload", "{}"));
  EXPECT_EQ(client.read_response().value_or(RawResponse{}).status, 401) << "the old token";
  RawClient second(proxy.port(8));
  second.send(admin_post_text("/api/1/reload", "{}", "Authorization: Bearer another-token-of-this-test\r\nContent-Type: "
                                                     "application/json\r\n"));
  EXPECT_EQ(second.read_response().value_or(RawResponse{}).status, 200);
}

TEST(AdminReload, AnAddressThatIsTakenChangesNothing) {
  TokenFile token;
  FakeUpstream a(answers("a"));
  ProxyUnderTest proxy(with_admin(token, proxy_config(server(a))));
  proxy.write_config("admin_listen " + a.address() + ";\nadmin_token_file " + token.path() + ";\n" + proxy_config(server(a)));
  const ApiAnswer refused = reload(proxy);
  EXPECT_EQ(refused.status, 409);
  EXPECT_NE(refused.error().find("Address already in use"), std::string::npos) << refused.error();
  EXPECT_EQ(admin_get(proxy, "/api/1/status").status, 200);
}

}  // namespace
}  // namespace drishti::testing
