#include "filters/sticky_session.hpp"

#include <gtest/gtest.h>

#include "tests/support/context_builder.hpp"

namespace drishti::filters {
namespace {

using tests::TestRequest;

/// A request of a server whose group is sticky as WORDS say.
struct StickyRequest {
  explicit StickyRequest(const std::string& words)
      : request("location / { proxy_pass http://g; }", "upstream g { server 127.0.0.1:1 route=a; sticky " + words + "; }") {}
  const conf::StickySettings& sticky() { return request.context.config->upstreams.front()->sticky; }
  std::string_view server() { return sticky_server(sticky(), request.context); }
  std::string cookie(std::string_view server, std::string_view asked = {}) {
    request.context.response.reset();
    add_sticky_cookie(sticky(), server, asked, request.context);
    return std::string(request.context.response.fields.get(http::FieldId::set_cookie));
  }
  TestRequest request;
};

TEST(StickySession, TheServerIsNamedByTheCookieOfThatName) {
  StickyRequest r("cookie id");
  struct {
    const char* fields;
    const char* server;
  } cases[] = {
      {"", ""},
      {"Cookie: id=a\r\n", "a"},
      {"Cookie: x=1; id=a; y=2\r\n", "a"},
      {"Cookie: x=1\r\nCookie: id=a\r\n", "a"},
      {"Cookie: ids=a; xid=b\r\n", ""},
      {"Cookie: id=\r\n", ""},
  };
  for (const auto& c : cases) {
    r.request.get("/", c.fields);
    EXPECT_EQ(r.server(), c.server) << c.fields;
  }
}

TEST(StickySession, TheServerIsNamedByTheFirstRouteThatIsNotEmpty) {
  StickyRequest r("route $cookie_route $arg_route");
  r.request.get("/?route=b", "Cookie: route=a\r\n");
  EXPECT_EQ(r.server(), "a");
  r.request.get("/?route=b");
  EXPECT_EQ(r.server(), "b");
  r.request.get("/");
  EXPECT_EQ(r.server(), "");
  EXPECT_EQ(r.cookie("a"), "") << "a route is the application's: no cookie is set";
}

TEST(StickySession, ACookieIsSetWhenTheClientDoesNotHaveIt) {
  StickyRequest r("cookie id");
  EXPECT_EQ(r.cookie("a"), "id=a");
  EXPECT_EQ(r.cookie("a", "b"), "id=a") << "another server answers";
  EXPECT_EQ(r.cookie("a", "a"), "");
  EXPECT_EQ(r.cookie(""), "");
}

TEST(StickySession, ACookieThatExpiresIsRenewed) {
  StickyRequest r("cookie id expires=1h");
  const std::string hour = "id=a; expires=Sun, 06 Nov 1994 09:49:37 GMT; max-age=3600";
  EXPECT_EQ(r.cookie("a"), hour);
  EXPECT_EQ(r.cookie("a", "a"), hour);
  StickyRequest forever("cookie id expires=max");
  EXPECT_EQ(forever.cookie("a"), "id=a; expires=Thu, 31 Dec 2037 23:55:55 GMT; max-age=315360000");
}

TEST(StickySession, AttributesAreWrittenAsTheyAreConfigured) {
  StickyRequest r("cookie id domain=.$host path=/ httponly secure samesite=Lax");
  EXPECT_EQ(r.cookie("a"), "id=a; domain=.example.com; path=/; samesite=lax; secure; httponly");
}

TEST(StickySession, AnAttributeThatAClientCouldForgeIsLeftOut) {
  StickyRequest r("cookie id path=$arg_path samesite=$arg_same");
  r.request.get("/?path=/;secure&same=strict");
  EXPECT_EQ(r.cookie("a"), "id=a; samesite=strict");
}

}  // namespace
}  // namespace drishti::filters
