// The response cache beside nginx's, where both are meant to do the same: what $upstream_cache_status says in turn.

#include "tests/scenarios/differential.hpp"
#include "tests/scenarios/cache.hpp"

namespace drishti::testing {
namespace {

struct Case {
  std::string name;
  std::string settings;   ///< inside the location
  std::string fields;     ///< of the response
  std::vector<std::string> paths;
};

/// What PROGRAM says to the requests, one after the other: `MISS 200 1`.
std::vector<std::string> statuses(const Case& test, const char* program) {
  FakeUpstream upstream(counts(test.fields));
  const std::string zone = "proxy_cache_path @dir@/cache keys_zone=z:16m;\n";
  ProxyUnderTest proxy(http_config(zone + "server { listen 127.0.0.1:@port@; location / { proxy_pass http://" +
                                   upstream.address() + "; proxy_cache z; add_header X-Cache $upstream_cache_status always;" +
                                   "proxy_http_version 1.1;" + test.settings + "} }"),
                       program);
  std::vector<std::string> said;
  for (const std::string& path : test.paths) said.push_back(told(get(proxy, path)));
  return said;
}

TEST(DifferentialCache, SaysTheSameWords) {
  if (!Duel::possible()) GTEST_SKIP() << "no nginx here";
  const std::string fresh = "Cache-Control: max-age=60\r\n";
  const std::vector<Case> cases = {
      {"max-age", "", fresh, {"/", "/", "/b", "/?x", "/"}},
      {"proxy_cache_valid", "proxy_cache_valid 200 1m;", "", {"/", "/"}},
      {"proxy_cache_valid any", "proxy_cache_valid any 1m;", "", {"/", "/"}},
      {"proxy_cache_valid of another status", "proxy_cache_valid 404 1m;", "", {"/", "/"}},
      {"the response wins", "proxy_cache_valid 200 1m;", "Cache-Control: no-cache\r\n", {"/", "/"}},
      {"private", "", "Cache-Control: private, max-age=60\r\n", {"/", "/"}},
      {"Set-Cookie", "", fresh + "Set-Cookie: a=b\r\n", {"/", "/"}},
      {"Expires in the past", "", "Expires: Thu, 01 Jan 1970 00:00:00 GMT\r\n", {"/", "/"}},
      {"X-Accel-Expires", "", "X-Accel-Expires: 60\r\n", {"/", "/"}},
      {"X-Accel-Expires 0", "", "X-Accel-Expires: 0\r\n" + fresh, {"/", "/"}},
      {"ignored", "proxy_ignore_headers Cache-Control; proxy_cache_valid 1m;", "Cache-Control: private\r\n", {"/", "/"}},
      {"key", "proxy_cache_key $uri;", fresh, {"/?a", "/?b", "/c"}},
      {"bypass", "proxy_cache_bypass $arg_b; proxy_cache_key $uri;", fresh, {"/", "/?b=1", "/?b=0", "/"}},
      {"no_cache", "proxy_no_cache $arg_n; proxy_cache_key $uri;", fresh, {"/?n=1", "/", "/?n=1"}},
      {"min_uses", "proxy_cache_min_uses 2;", fresh, {"/", "/", "/"}}};
  for (const Case& test : cases) EXPECT_EQ(statuses(test, nullptr), statuses(test, "/usr/sbin/nginx")) << test.name;
}

}  // namespace
}  // namespace drishti::testing
