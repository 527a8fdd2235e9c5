#include "routing_support.hpp"

namespace drishti::routing {
namespace {

TEST(ServerName, FollowsNginxOrder) {
  Routes routes(
      "server { server_name default.test; }"
      "server { server_name exact.example.com; }"
      "server { server_name *.example.com; }"
      "server { server_name *.deep.example.com; }"
      "server { server_name www.*; }"
      "server { server_name www.example.*; }"
      "server { server_name .dot.org; }"
      "server { server_name ~^re\\d+\\.net$; }"
      "server { server_name ~^re1\\.net$; }"
      "server { server_name \"\"; }");
  struct Case {
    std::string host, expected;
  };
  for (const Case& c : std::vector<Case>{{"default.test", "default.test"},
                                         {"unknown", "default.test"},
                                         {"exact.example.com", "exact.example.com"},
                                         {"a.example.com", "*.example.com"},
                                         {"a.b.example.com", "*.example.com"},
                                         {"a.deep.example.com", "*.deep.example.com"},
                                         {"deep.example.com", "*.example.com"},
                                         {"example.com", "default.test"},
                                         {"www.example.com", "*.example.com"},
                                         {"www.example.org", "www.example.*"},
                                         {"www.other.org", "www.*"},
                                         {"www", "default.test"},
                                         {"dot.org", ".dot.org"},
                                         {"a.b.dot.org", ".dot.org"},
                                         {"xdot.org", "default.test"},
                                         {"re1.net", "~^re\\d+\\.net$"},
                                         {"", ""}}) {
    EXPECT_EQ(routes.server(c.host), c.expected) << c.host;
  }
}

TEST(ServerName, ARegexHandsOverItsCaptures) {
  Routes routes("server { server_name ~^(?<tenant>.+)\\.app\\.test$; }");
  routes.server("acme.app.test");
  ASSERT_NE(routes.match.regex, nullptr);
  EXPECT_EQ(routes.match.captures.group("acme.app.test", 1), "acme");
  routes.server("other.test");
  EXPECT_EQ(routes.match.regex, nullptr);
}

TEST(ServerName, OfEqualNamesTheFirstServerKeepsIt) {
  Routes routes("server { server_name a; } server { server_name x.test first; } server { server_name x.test second; }");
  EXPECT_EQ(&routes.router.table(*SocketAddress::from_ip("127.0.0.1", 80))->find("x.test", routes.match),
            routes.config->servers[1].get());
}

TEST(DefaultServer, IsTheFirstOrTheMarkedOneOfTheAddress) {
  Routes routes(
      "server { listen 80; server_name first; }"
      "server { listen 80 default_server; listen 81; server_name marked; }"
      "server { listen 81; server_name last; }");
  EXPECT_EQ(routes.server("unknown", "127.0.0.1", 80), "marked");
  EXPECT_EQ(routes.server("unknown", "127.0.0.1", 81), "marked");
  EXPECT_EQ(routes.server("last", "127.0.0.1", 80), "marked") << "not listening there";
  EXPECT_EQ(routes.server("last", "127.0.0.1", 81), "last");
}

TEST(Listen, AnAddressBeatsTheWildcardOfItsPort) {
  Routes routes(
      "server { listen 80; server_name any; }"
      "server { listen 127.0.0.1:80; server_name local; }"
      "server { listen [::]:80; server_name six; }"
      "server { listen [::1]:80; server_name loopback; }");
  EXPECT_EQ(routes.server("any", "127.0.0.1"), "local");
  EXPECT_EQ(routes.server("local", "10.0.0.1"), "any");
  EXPECT_EQ(routes.server("x", "fd00::1"), "six");
  EXPECT_EQ(routes.server("six", "::1"), "loopback");
}

TEST(Listen, ListsEachAddressOnceAndLeavesOutWhatAWildcardCovers) {
  Routes routes(
      "server { listen 80; listen 127.0.0.1:81; }"
      "server { listen 80 default_server reuseport backlog=99; listen 127.0.0.1:80; listen [::]:80; }"
      "server { listen unix:/run/a.sock; listen 127.0.0.1:81; }");
  std::string all;
  for (const conf::Listen& listen : routes.router.listens()) all += listen.address.text() + " ";
  EXPECT_EQ(all, "0.0.0.0:80 127.0.0.1:81 [::]:80 unix:/run/a.sock ");
  const conf::Listen& merged = routes.router.listens().at(0);
  EXPECT_TRUE(merged.reuseport);
  EXPECT_TRUE(merged.default_server);
  EXPECT_TRUE(merged.wildcard);
  EXPECT_EQ(merged.backlog, 99);
}

TEST(Listen, UnixSocketsHaveTheirOwnServers) {
  Routes routes("server { listen 80; server_name tcp; } server { listen unix:/run/a.sock; server_name local; }");
  RegexMatch match;
  EXPECT_EQ(routes.router.table(*SocketAddress::from_unix("/run/a.sock"))->find("tcp", match).first_name, "local");
}

}  // namespace
}  // namespace drishti::routing
