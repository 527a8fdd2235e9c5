#include "routing_support.hpp"

namespace drishti::routing {
namespace {

struct Case {
  std::string uri, expected;
};

void check(const std::string& locations, const std::vector<Case>& cases) {
  Routes routes("server { " + locations + " }");
  for (const Case& c : cases) EXPECT_EQ(routes.location(c.uri), c.expected) << c.uri << " in " << locations;
}

TEST(Location, ExactThenLongestPrefix) {
  check("location = / {} location / {} location /api {} location /api/v1/ {} location = /api/v1/x {}",
        {{"/", "=/"},
         {"/other", "/"},
         {"/api", "/api"},
         {"/apix", "/api"},
         {"/api/v1", "/api"},
         {"/api/v1/", "/api/v1/"},
         {"/api/v1/x", "=/api/v1/x"},
         {"/api/v1/xy", "/api/v1/"},
         {"/API", "/"}});
}

TEST(Location, WithoutAMatchTheServerAnswers) {
  check("location /a {}", {{"/b", "none"}, {"/", "none"}, {"", "none"}, {"/a", "/a"}});
  check("", {{"/", "none"}});
}

TEST(Location, RegexesInFileOrderBeatPrefixesButNotFinalOnes) {
  check("location / {} location ~ \\.php$ {} location ~ ^/img {} location ^~ /static/ {} location ~* \\.JPG$ {}",
        {{"/a.php", "\\.php$"},
         {"/img/a.php", "\\.php$"},
         {"/img/a.jpg", "^/img"},
         {"/x/a.jpg", "\\.JPG$"},
         {"/static/a.php", "^~/static/"},
         {"/static", "/"},
         {"/x", "/"}});
}

TEST(Location, AnExactMatchEndsTheSearch) {
  check("location = /a.php {} location ~ \\.php$ {}", {{"/a.php", "=/a.php"}, {"/b.php", "\\.php$"}});
}

TEST(Location, AFinalPrefixCountsOnlyWhenItIsTheLongest) {
  check("location ^~ /a {} location /a/b {} location ~ c$ {}",
        {{"/a/c", "^~/a"}, {"/a/b/c", "c$"}, {"/a/b/d", "/a/b"}});
}

TEST(Location, NestedLocationsAreSearchedInsideTheChosenPrefix) {
  check("location /a { location /a/b { location ~ x$ {} } location = /a/c {} location ~ y$ {} } location ~ z$ {}",
        {{"/a/b/x", "x$"},
         {"/a/b/y", "y$"},  // a regex of the enclosing level
         {"/a/b/z", "z$"},  // and of the server
         {"/a/b/w", "/a/b"},
         {"/a/c", "=/a/c"},
         {"/a/q", "/a"}});
}

TEST(Location, NestedLocationsOfARegexAreSearchedToo) {
  check("location ~ ^/u/ { location ~ \\.php$ {} } location / {}",
        {{"/u/a.php", "\\.php$"}, {"/u/a", "^/u/"}, {"/a.php", "/"}});
}

TEST(Location, AFinalPrefixKeepsOuterRegexesAwayButNotItsOwn) {
  check("location ^~ /a/ { location ~ x$ {} } location ~ . {}", {{"/a/x", "x$"}, {"/a/y", "^~/a/"}, {"/b", "."}});
}

TEST(Location, SiblingsThatShareLettersDoNotHideAPrefix) {
  check("location / {} location /a {} location /a/b/c {} location /a0 {} location /aa/ {} location /b {}",
        {{"/a/b", "/a"}, {"/a/b/cd", "/a/b/c"}, {"/a/b/d", "/a"}, {"/a1", "/a"}, {"/aa", "/a"}, {"/aa/x", "/aa/"}, {"/c", "/"}});
}

TEST(AutoRedirect, AddsTheSlashThatOnlyTheProxiedLocationHas) {
  check("location /api/ { proxy_pass http://127.0.0.1:1; } location / {} location /plain/ {}",
        {{"/api", "301 /api/"}, {"/api/", "/api/"}, {"/api/x", "/api/"}, {"/apix", "/"}, {"/plain", "/"}});
}

TEST(AutoRedirect, GivesWayToALocationOfThatName) {
  check("location /api/ { proxy_pass http://127.0.0.1:1; } location = /api {}", {{"/api", "=/api"}});
  check("location /api/ { proxy_pass http://127.0.0.1:1; } location /api {}", {{"/api", "/api"}, {"/api-x", "/api"}});
}

TEST(AutoRedirect, ComesBeforeRegexes) {
  check("location /api/ { proxy_pass http://127.0.0.1:1; } location ~ . {}", {{"/api", "301 /api/"}, {"/api/x", "."}});
}

TEST(AutoRedirect, FindsTheSlashAmongNeighboursThatSortBeforeIt) {
  check("location /api-v2 {} location /api.txt {} location /api/ { proxy_pass http://127.0.0.1:1; } location /api/a {}"
        " location /api0 {}",
        {{"/api", "301 /api/"}, {"/api-v", "none"}, {"/api/a", "/api/a"}});
}

TEST(Location, RegexCapturesAreHandedOver) {
  Routes routes("server { location ~ ^/(?<kind>[a-z]+)/(\\d+)$ {} location ~ ^/never {} }");
  const std::string uri = "/user/42";
  routes.location(uri);
  ASSERT_NE(routes.match.regex, nullptr);
  EXPECT_EQ(routes.match.captures.group(uri, 1), "user");
  EXPECT_EQ(routes.match.captures.group(uri, 2), "42");
}

TEST(Location, AMissKeepsTheCapturesOfTheServerName) {
  Routes routes("server { server_name ~^(?<sub>.+)\\.test$; location ~ ^/never(.) {} location / {} }");
  RegexMatch match;
  const auto& server = routes.router.table(*SocketAddress::from_ip("127.0.0.1", 80))->find("x.test", match);
  routes.router.find_location(server, "/", match);
  ASSERT_NE(match.regex, nullptr);
  EXPECT_EQ(match.captures.group("x.test", 1), "x");
}

TEST(Location, AnExpressionWithoutEndIsStopped) {
  Routes routes("server { location ~ ^/(a+)+$ {} }");
  EXPECT_EQ(routes.location("/" + std::string(60, 'a') + "!"), "limit");
}

TEST(Location, NamedOnesAreFoundByNameOnly) {
  Routes routes("server { location @fallback {} location / {} } server { server_name other; }");
  const auto* named = routes.router.find_named(*routes.config->servers[0], "@fallback");
  ASSERT_NE(named, nullptr);
  EXPECT_EQ(named->pattern, "@fallback");
  EXPECT_EQ(routes.router.find_named(*routes.config->servers[1], "@fallback"), nullptr);
  EXPECT_EQ(routes.location("@fallback"), "none");
}

TEST(Location, ThousandsAreFoundLikeAFew) {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += "location /s" + std::to_string(i) + "/ {} ";
  Routes routes("server { " + text + " }");
  for (int i = 0; i < 2000; ++i) {
    const std::string prefix = "/s" + std::to_string(i) + "/";
    EXPECT_EQ(routes.location(prefix + "x"), prefix);
  }
}

}  // namespace
}  // namespace drishti::routing
