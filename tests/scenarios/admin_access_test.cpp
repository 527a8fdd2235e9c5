// Who may do what on the admin listener: threats O16 and O17 of the catalogue, and what it answers to odd clients.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>

#include "tests/scenarios/admin_support.hpp"
#include "tests/support/tool_process.hpp"

namespace drishti::testing {
namespace {

const std::string bearer = "Authorization: Bearer " + std::string(admin_token) + "\r\n";
const std::string is_json = "Content-Type: application/json\r\n";

struct Attempt {
  std::string words, request;
  int status;
};

std::string get_as(const std::string& host, const std::string& fields, const std::string& path = "/api/1/upstreams") {
  return "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n" + fields + "\r\n";
}
std::string drain_with(const std::string& fields) {
  return admin_post_text("/api/1/upstreams/backend/drain", R"({"server":"10.0.0.1:80"})", fields);
}

void expect_statuses(const ProxyUnderTest& proxy, const std::vector<Attempt>& attempts) {
  for (const Attempt& attempt : attempts) {
    const ApiAnswer answer = call_admin(proxy, attempt.request);
    EXPECT_EQ(answer.status, attempt.status) << attempt.words << ": " << answer.raw.body;
    EXPECT_EQ(answer.error().empty(), answer.status < 400) << attempt.words << ": a reason or none";
  }
}

const std::string one_server = proxy_config("server 10.0.0.1:80;");

TEST(AdminAccess, O16AChangeNeedsTheTokenAndTheRightMethod) {
  TokenFile token;
  ProxyUnderTest proxy(with_admin(token, one_server));
  const std::string drain = "/api/1/upstreams/backend/drain";
  expect_statuses(proxy, {
      {"no token", drain_with(is_json), 401},
      {"a wrong one", drain_with("Authorization: Bearer correct-horse-battery-stapl0\r\n" + is_json), 401},
      {"the beginning of it", drain_with("Authorization: Bearer correct-horse\r\n" + is_json), 401},
      {"an empty one", drain_with("Authorization: Bearer \r\n" + is_json), 401},
      {"as a password", drain_with("Authorization: Basic " + std::string(admin_token) + "\r\n" + is_json), 401},
      {"in the query", admin_post_text(drain + "?token=" + admin_token, "{}", is_json), 401},
      {"a change by GET", get_as("localhost", bearer, drain), 405},
      {"a change by DELETE", "DELETE " + drain + " HTTP/1.1\r\nHost: localhost\r\n" + bearer + is_json + "\r\n", 405},
      {"a page by POST", admin_post_text("/", "{}"), 405},
      {"all is well", drain_with(bearer + is_json), 200},
  });
  EXPECT_TRUE(proxy.wait_for_log("admin: a request without the right token was refused"));
  EXPECT_EQ(proxy.error_log().find(admin_token), std::string::npos) << "the token is in no log";
}

TEST(AdminAccess, O16WithoutATokenFileNothingCanBeChanged) {
  ProxyUnderTest proxy("admin_listen 127.0.0.1:@port9@;\n" + one_server);
  expect_statuses(proxy, {{"reading", get_as("localhost", ""), 200},
                          {"no token", drain_with(is_json), 403},
                          {"an empty token", drain_with("Authorization: Bearer \r\n" + is_json), 403}});
}

// Listening on every address and being asked through one that is not the loopback's makes no difference to the rule.
TEST(AdminAccess, O16OnAnAddressThatOthersReachReadingNeedsTheTokenToo) {
  TokenFile token;
  ProxyUnderTest proxy("admin_listen *:@port9@;\nadmin_token_file " + token.path() + ";\n" + one_server);
  expect_statuses(proxy, {{"data", get_as("localhost", ""), 401},
                          {"metrics", get_as("localhost", "", "/metrics"), 401},
                          {"data with the token", get_as("localhost", bearer), 200},
                          {"metrics with the token", "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n" + bearer + "\r\n", 200}});
  EXPECT_EQ(admin_get(proxy, "/").status, 200) << "the page tells nothing";
}

TEST(AdminAccess, O16ItIsOffUnlessAskedFor) {
  ProxyUnderTest proxy(one_server);
  EXPECT_FALSE(RawClient(proxy.port(9)).connected());
}

TEST(AdminAccess, O16NoSecretIsInWhatIsTold) {
  TokenFile token;
  ProxyUnderTest proxy(with_admin(token, http_config("proxy_cache_path redis://user:hush-hush@127.0.0.1:1/0 keys_zone=c:1m;\n"
      "upstream backend { server 10.0.0.1:80; }\nserver { listen 127.0.0.1:@port@; location / { proxy_pass "
      "http://backend; proxy_cache c; proxy_set_header Authorization hush-hush; } }")));
  for (const char* path : {"/api/1/status", "/api/1/traffic", "/api/1/upstreams", "/api/1/caches", "/api/1/config",
                           "/api/1/certificates", "/metrics", "/"}) {
    const ApiAnswer answer = admin_get(proxy, path);
    EXPECT_EQ(answer.status, 200) << path;
    EXPECT_EQ(answer.raw.body.find("hush-hush"), std::string::npos) << path;
    EXPECT_EQ(answer.raw.body.find(admin_token), std::string::npos) << path;
  }
  EXPECT_EQ(admin_get(proxy, "/api/1/caches").body.at("caches").at(0).at("place").as_string(), "redis://127.0.0.1:1/0");
}

TEST(AdminAccess, O17ARebindingNameIsNotServed) {
  TokenFile token;
  ProxyUnderTest proxy("admin_host ops.example.com;\n" + with_admin(token, one_server));
  expect_statuses(proxy, {{"a name of an attacker", get_as("evil.example.com", ""), 421},
                          {"that looks like ours", get_as("localhost.evil.example.com", ""), 421},
                          {"the page itself", get_as("evil.example.com", "", "/"), 421},
                          {"a change", "POST /api/1/reload HTTP/1.1\r\nHost: evil.example.com\r\n" + bearer + is_json +
                                           "Content-Length: 2\r\n\r\n{}", 421},
                          {"no host at all", "GET /api/1/status HTTP/1.0\r\n\r\n", 421},
                          {"an address", get_as("127.0.0.1:8081", ""), 200},
                          {"of IPv6", get_as("[::1]:8081", ""), 200},
                          {"localhost", get_as("LocalHost", ""), 200},
                          {"a name that is meant", get_as("OPS.example.com:80", ""), 200}});
}

TEST(AdminAccess, O17OtherSitesCannotMakeABrowserAskAnything) {
  TokenFile token;
  ProxyUnderTest proxy(with_admin(token, one_server));
  const std::string own = "Origin: http://localhost\r\n";
  expect_statuses(proxy, {
      {"another origin reads", get_as("localhost", "Origin: http://evil.example.com\r\n"), 403},
      {"another port", get_as("localhost:8081", "Origin: http://localhost:3000\r\n"), 403},
      {"an opaque origin", get_as("localhost", "Origin: null\r\n"), 403},
      {"an empty origin", get_as("localhost", "Origin:\r\n"), 403},
      {"a script of another site", get_as("localhost", "Sec-Fetch-Site: cross-site\r\n"), 403},
      {"a sibling", get_as("localhost", "Sec-Fetch-Site: same-site\r\n"), 403},
      {"a link to the page", get_as("localhost", "Sec-Fetch-Site: cross-site\r\n", "/"), 200},
      {"a form, with a stolen token", drain_with(bearer + "Content-Type: text/plain\r\n"), 415},
      {"a form, urlencoded", drain_with(bearer + "Content-Type: application/x-www-form-urlencoded\r\n"), 415},
      {"no type", drain_with(bearer), 415},
      {"another origin changes", drain_with(bearer + is_json + "Origin: https://evil.example.com\r\n"), 403},
      {"a preflight", "OPTIONS /api/1/reload HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example.com\r\n"
                      "Access-Control-Request-Method: POST\r\n\r\n", 403},
      {"our own page reads", get_as("localhost", own + "Sec-Fetch-Site: same-origin\r\n"), 200},
      {"our own page changes", drain_with(bearer + is_json + own), 200}});
  const ApiAnswer answer = admin_get(proxy, "/api/1/status", own);
  EXPECT_FALSE(answer.raw.has_field("access-control-allow-origin"));
  for (const char* path : {"/", "/api/1/status"}) {
    const RawResponse raw = admin_get(proxy, path).raw;
    EXPECT_EQ(raw.field("x-frame-options"), "DENY") << path;
    EXPECT_EQ(raw.field("x-content-type-options"), "nosniff") << path;
    EXPECT_EQ(raw.field("cache-control"), "no-store") << path;
    EXPECT_NE(raw.field("content-security-policy").find("default-src 'none'; script-src 'self'"), std::string::npos) << path;
  }
}

TEST(AdminAccess, OddRequestsAreRefusedAndTheListenerGoesOn) {
  TokenFile token;
  ProxyUnderTest proxy(with_admin(token, one_server));
  const std::string post = "POST /api/1/reload HTTP/1.1\r\nHost: localhost\r\n" + bearer + is_json;
  expect_statuses(proxy, {
      {"no HTTP", "hello\r\n\r\n", 400},
      {"two lengths", post + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400},
      {"length and chunked", post + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"a bad chunk", post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"too large", post + "Content-Length: 70000\r\n\r\n", 413},
      {"too large in chunks", post + "Transfer-Encoding: chunked\r\n\r\n" + "11170\r\n" + std::string(70000, 'x') + "\r\n0\r\n\r\n", 413},
      {"a long head", "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(9000, 'x') + "\r\n\r\n", 400},
      {"above the root", get_as("localhost", "", "/../etc/passwd"), 400},
      {"chunked", post + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 200}});
  RawClient client(proxy.port(9));
  client.send_bytewise(get_as("localhost", "") .substr(0, 60));
  client.reset();
  EXPECT_EQ(admin_get(proxy, "/api/1/status").status, 200);
}

TEST(AdminAccess, AConnectionServesRequestAfterRequest) {
  TokenFile token;
  ProxyUnderTest proxy(with_admin(token, one_server));
  RawClient client(proxy.port(9));
  client.send("GET /api/1/status HTTP/1.1\r\nHost: localhost\r\n\r\nHEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.read_response().value_or(RawResponse{}).status, 200);
  EXPECT_EQ(client.read_response(true).value_or(RawResponse{}).status, 200);
  client.send("GET /api/1/config HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.read_response().value_or(RawResponse{}).status, 200);
}

TEST(AdminAccess, AUnixSocketIsForItsOwnerAlone) {
  TokenFile token;
  ProxyUnderTest proxy("admin_listen unix:@dir@/admin.sock;\nadmin_token_file " + token.path() + ";\n" + one_server);
  struct stat file{};
  const std::string path = proxy.directory() + "/admin.sock";
  ASSERT_EQ(::stat(path.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600U);
  const std::string out = proxy.directory() + "/ctl.out";
  ToolProcess ctl({DRISHTI_BINARY, "ctl", "--address", "unix:" + path, "--token-file", token.path(), "drain", "backend",
                   "10.0.0.1:80"}, out);
  EXPECT_EQ(ctl.wait(), 0) << proxy.read("ctl.out");
  EXPECT_NE(proxy.read("ctl.out").find("draining"), std::string::npos) << proxy.read("ctl.out");
}

struct BadStart {
  std::string config, reason;
};

TEST(AdminAccess, WhatWouldBeUnsafeDoesNotStart) {
  TokenFile token, short_one("short\n"), with_space("this token has spaces in it\n");
  const std::string listen = "admin_listen 127.0.0.1:@port9@;\n";
  const BadStart cases[] = {
      {"admin_listen 0.0.0.0:@port9@;\n", "needs \"admin_token_file\""},
      {"admin_listen *:@port9@;\n", "needs \"admin_token_file\""},
      {"admin_listen [::]:@port9@;\n", "needs \"admin_token_file\""},
      {"admin_listen example.com:80;\n", "needs an IP address, localhost or a unix socket"},
      {listen + "admin_token_file @dir@/nowhere;\n", "nowhere\" can't be read"},
      {listen + "admin_token_file " + short_one.path() + ";\n", "16 to 512 characters"},
      {listen + "admin_token_file " + with_space.path() + ";\n", "visible ASCII"},
      {listen + "admin_host http://x;\n", "invalid host name"}};
  for (const BadStart& bad : cases) {
    try {
      ProxyUnderTest proxy(bad.config + one_server);
      ADD_FAILURE() << "it starts: " << bad.config;
      proxy.stop(SIGTERM);
    } catch (const std::runtime_error& error) {
      EXPECT_NE(std::string(error.what()).find(bad.reason), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace drishti::testing
