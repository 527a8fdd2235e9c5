// sticky through the whole proxy.
#include <gtest/gtest.h>

#include <csignal>
#include <map>

#include "tests/scenarios/health_support.hpp"

namespace drishti::testing {
namespace {

/// `id=VALUE` of a Set-Cookie.
std::string cookie_of(const RawResponse& response) {
  const std::string field = response.field("set-cookie");
  return field.substr(0, field.find(';'));
}

RawResponse ask_with(const ProxyUnderTest& proxy, const std::string& cookie, const std::string& path = "/") {
  return ask(proxy, request_text("GET", path, cookie.empty() ? "" : "Cookie: " + cookie + "\r\n"));
}

TEST(StickyCookie, BringsEachClientBackToItsServer) {
  FakeUpstream a(answers("a")), b(answers("b")), c(answers("c"));
  ProxyUnderTest proxy(proxy_config(server(a) + server(b) + server(c) + "sticky cookie id path=/ httponly;"));
  std::map<std::string, std::string> clients;  // server by cookie
  for (int i = 0; i < 6; ++i) {
    const RawResponse first = ask_with(proxy, "");
    EXPECT_TRUE(first.field("set-cookie").ends_with("; path=/; httponly")) << first.head;
    clients[cookie_of(first)] = first.body;
  }
  EXPECT_EQ(clients.size(), 3u) << "new clients take turns";
  for (int i = 0; i < 3; ++i) {
    for (const auto& [cookie, name] : clients) {
      const RawResponse response = ask_with(proxy, "x=y; " + cookie);
      EXPECT_EQ(response.body, name);
      EXPECT_FALSE(response.has_field("set-cookie")) << "it has it";
    }
  }
}

TEST(StickyCookie, IsTheSameOnAnotherProxyAndAfterAReload) {
  FakeUpstream a(answers("a")), b(answers("b"));
  const std::string config = proxy_config(server(a) + server(b) + "sticky cookie id; sticky_secret s;");
  ProxyUnderTest one(config), two(config);
  const RawResponse first = ask_with(one, "");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask_with(two, cookie_of(first)).body, first.body);
  one.send_signal(SIGHUP);
  ASSERT_TRUE(one.wait_for_log("generation 1 of the configuration ended"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask_with(one, cookie_of(first)).body, first.body);
}

TEST(StickyCookie, DoesNotTellTheAddress) {
  FakeUpstream a(answers("a"));
  ProxyUnderTest plain(proxy_config(server(a) + "sticky cookie id;"));
  ProxyUnderTest keyed(proxy_config(server(a) + "sticky cookie id; sticky_secret s;"));
  const std::string of_plain = cookie_of(ask_with(plain, "")), of_keyed = cookie_of(ask_with(keyed, ""));
  for (const std::string& cookie : {of_plain, of_keyed}) {
    EXPECT_EQ(cookie.size(), 3u + 32u) << cookie;
    EXPECT_EQ(cookie.find("127.0.0.1"), std::string::npos);
  }
  EXPECT_NE(of_plain, of_keyed);
}

TEST(StickyCookie, OfADeadServerIsRewrittenForTheOneThatAnswers) {
  FakeUpstream a(answers("a")), b(answers("b"));
  ProxyUnderTest proxy(proxy_config(server(a, "route=ra") + server(b, "route=rb") + "sticky cookie id;"));
  EXPECT_EQ(ask_with(proxy, "id=ra").body, "a");
  a.kill();
  const RawResponse moved = ask_with(proxy, "id=ra");
  EXPECT_EQ(moved.body, "b");
  EXPECT_EQ(cookie_of(moved), "id=rb");
  a.revive();
  EXPECT_EQ(ask_with(proxy, "id=rb").body, "b") << "it stays where it is now";
}

TEST(StickyCookie, IsNotStoredByTheCacheForOthers) {
  FakeUpstream a([](const UpstreamRequest&) {
    return Actions{Action::send(ok_response("a", "Cache-Control: max-age=60\r\n"))};
  });
  ProxyUnderTest proxy(http_config("proxy_cache_path @dir@/c keys_zone=z:1m; upstream backend { " + server(a) +
                                   "sticky cookie id; } server { listen 127.0.0.1:@port@; location / { "
                                   "proxy_cache z; proxy_pass http://backend; } }"));
  EXPECT_TRUE(ask_with(proxy, "").has_field("set-cookie"));
  const RawResponse hit = ask_with(proxy, "");
  EXPECT_FALSE(hit.has_field("set-cookie")) << hit.head;
  EXPECT_EQ(a.requests().size(), 1u) << "a hit";
}

TEST(StickyRoute, FollowsTheFirstVariableThatNamesAServer) {
  FakeUpstream a(answers("a")), b(answers("b"));
  ProxyUnderTest proxy(proxy_config(server(a, "route=ra") + server(b, "route=rb") + "sticky route $cookie_r $arg_r;"));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(ask_with(proxy, "r=rb").body, "b");
    EXPECT_EQ(ask_with(proxy, "", "/?r=ra").body, "a");
  }
  const RawResponse response = ask_with(proxy, "r=rb");
  EXPECT_FALSE(response.has_field("set-cookie"));
}

}  // namespace
}  // namespace drishti::testing
