#include <gtest/gtest.h>

#include "filters/proxy_request.hpp"
#include "tests/support/context_builder.hpp"

namespace drishti::filters {
namespace {

using tests::TestRequest;

std::string target_of(TestRequest& request) {
  const auto& uri = request.context.location->proxy_pass->uri;
  return std::string(upstream_target(uri ? std::optional<std::string_view>(*uri) : std::nullopt, request.context));
}

struct Case {
  const char* location;
  const char* proxy_pass;
  const char* target;
  const char* expected;
};

// nginx-semantics 3.6.
TEST(UpstreamTarget, ReplacesTheLocationsPrefixByTheUriPart) {
  const Case cases[] = {
      {"/", "http://u", "/a%20b/../c//d?x=%41", "/a%20b/../c//d?x=%41"},
      {"/api/", "http://u/", "/api/x?y=1", "/x?y=1"},
      {"/api", "http://u/", "/api/x", "//x"},
      {"/api/", "http://u/v1", "/api/x", "/v1x"},
      {"/api/", "http://u/", "/api/a%20b%3Fc%25", "/a%20b%3Fc%25"},
      {"/api/", "http://u/", "/api/a/../b", "/b"},
      {"/api/", "http://u/?k=", "/api/x", "/?k=x"},
      {"= /one", "http://u/two", "/one?z", "/two?z"},
  };
  for (const Case& c : cases) {
    TestRequest request("location " + std::string(c.location) + " { proxy_pass " + c.proxy_pass + "; }",
                        "upstream u { server 127.0.0.1:1; }");
    request.get(c.target);
    EXPECT_EQ(target_of(request), c.expected) << c.location << " " << c.proxy_pass << " " << c.target;
  }
}

TEST(UpstreamTarget, AfterARewriteTheNewUriIsEscaped) {
  TestRequest request("location / { proxy_pass http://127.0.0.1:1; }");
  request.get("/old?q=1");
  request.context.uri = "/new path?#";
  request.context.raw_target_valid = false;
  EXPECT_EQ(target_of(request), "/new%20path%3F%23?q=1");
}

TEST(UpstreamTarget, AfterRewriteBreakTheUriPartIsNotUsed) {
  TestRequest request("location /api/ { proxy_pass http://127.0.0.1:1/v1/; }");
  request.get("/api/x");
  request.context.uri = "/changed";
  request.context.raw_target_valid = request.context.location_prefix_valid = false;
  EXPECT_EQ(target_of(request), "/changed");
}

TEST(UpstreamTarget, ArgumentsCannotEndTheRequestLine) {
  TestRequest request("location /api/ { proxy_pass http://127.0.0.1:1/; }");
  request.get("/api/x");
  request.context.args = "a=b c\r\nX: y";
  EXPECT_EQ(target_of(request), "/x?a=b%20c%0D%0AX:%20y");
}

DynamicTarget dynamic(TestRequest& request) {
  return evaluate_proxy_pass(*request.context.location->proxy_pass, request.context);
}

TEST(DynamicTarget, SplitsTheEvaluatedUrl) {
  struct {
    const char* url;
    const char* host;
    int port;
    const char* proxy_host;
    const char* uri;
  } cases[] = {
      {"http://api", "api", 80, "api", nullptr},
      {"http://api:3000/x?y", "api", 3000, "api:3000", "/x?y"},
      {"HTTP://[::1]:8080/", "::1", 8080, "[::1]:8080", "/"},
      {"http://[::1]", "::1", 80, "[::1]", nullptr},
      {"https://api", "api", 443, "api", nullptr},
      {"http://api?x", "api", 80, "api", "/?x"},
  };
  TestRequest request("location / { proxy_pass $arg_u; }");
  for (const auto& c : cases) {
    request.get(std::string("/?u=") + c.url);
    const DynamicTarget target = dynamic(request);
    EXPECT_TRUE(target.ok) << c.url;
    EXPECT_EQ(target.host, c.host) << c.url;
    EXPECT_EQ(target.port, c.port) << c.url;
    EXPECT_EQ(target.proxy_host, c.proxy_host) << c.url;
    const auto expected_uri = c.uri == nullptr ? std::nullopt : std::optional<std::string_view>(c.uri);
    EXPECT_EQ(target.uri, expected_uri) << c.url;
  }
}

TEST(DynamicTarget, TakesUnixSockets) {
  TestRequest request("location / { proxy_pass http://$arg_u; }");
  request.get("/?u=unix:/run/a.sock:/x");
  const DynamicTarget target = dynamic(request);
  EXPECT_TRUE(target.ok);
  EXPECT_EQ(target.unix_path, "/run/a.sock");
  EXPECT_EQ(target.uri, "/x");
  EXPECT_EQ(target.proxy_host, "localhost");
}

TEST(DynamicTarget, RefusesWhatIsNoUrl) {
  TestRequest request("location / { proxy_pass $arg_u; }");
  for (const std::string url : {"", "api", "ftp://api", "http://", "http://:80", "http://a:0", "http://a:99999",
                                "http://a:8o", "http://[::1", "http://[::1]x", "http://unix:"}) {
    request.error_log.lines.clear();
    request.get("/?u=" + url);
    EXPECT_FALSE(dynamic(request).ok) << url;
    EXPECT_EQ(request.error_log.lines.size(), 1u) << url;
  }
}

TEST(DynamicTarget, ItsUriIsSentAsItIs) {
  TestRequest request("location /api/ { proxy_pass http://127.0.0.1:1$uri$is_args$args; }");
  request.get("/api/x?y");
  EXPECT_EQ(upstream_target("/api/x?y", request.context), "/api/x?y");
  EXPECT_EQ(upstream_target("/a b\n", request.context), "/a%20b%0A");
}

}  // namespace
}  // namespace drishti::filters
