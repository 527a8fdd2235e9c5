#include "filters/proxy_response.hpp"

#include <gtest/gtest.h>

#include "tests/support/context_builder.hpp"

namespace drishti::filters {
namespace {

using tests::TestRequest;

/// An upstream's head, parsed.
struct UpstreamHead {
  explicit UpstreamHead(const std::string& lines, http::Method method = http::Method::get) : raw(lines + "\r\n") {
    http::ResponseParser parser;
    parser.start({}, method, head);
    EXPECT_EQ(parser.parse(raw), http::ParseState::done) << raw;
  }
  std::string raw;
  http::ResponseHead head;
};

/// `Name: value` of all fields that the client gets, one a line.
std::string fields_of(const TestRequest& request) {
  std::string text;
  for (const http::Field& field : request.context.response.fields) {
    text += std::string(field.name) + ": " + std::string(field.value) + "\n";
  }
  return text;
}

std::string passed(const std::string& directives, const std::string& fields, const std::string& target = "/") {
  TestRequest request("location / { proxy_pass http://up:8080; " + directives + " }");
  request.get(target);
  const UpstreamHead upstream("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + fields);
  take_upstream_head(upstream.head, request.context);
  return fields_of(request);
}

TEST(UpstreamResponse, KeepsStatusReasonAndLength) {
  TestRequest request("location / { proxy_pass http://up; }");
  const UpstreamHead upstream("HTTP/1.1 299 Fine By Me\r\nContent-Length: 12\r\nX-A: 1\r\n");
  take_upstream_head(upstream.head, request.context);
  EXPECT_EQ(request.context.response.status, 299);
  EXPECT_EQ(request.context.response.reason, "Fine By Me");
  EXPECT_EQ(request.context.response.content_length, 12u);
  EXPECT_TRUE(request.context.response.from_upstream);
  EXPECT_EQ(fields_of(request), "X-A: 1\n");
}

TEST(UpstreamResponse, HasTheLengthThatAHeadOrA304Describes) {
  struct {
    const char* method;
    http::Method parsed_as;
    const char* status;
    std::optional<std::uint64_t> expected;
  } cases[] = {
      {"HEAD", http::Method::head, "200 OK", 12}, {"GET", http::Method::get, "304 Not Modified", 12},
      {"GET", http::Method::get, "204 No Content", std::nullopt},
  };
  for (const auto& c : cases) {
    TestRequest request("location / { proxy_pass http://up; }");
    request.send(std::string(c.method) + " / HTTP/1.1\r\nHost: a\r\n\r\n");
    const UpstreamHead upstream(std::string("HTTP/1.1 ") + c.status + "\r\nContent-Length: 12\r\n", c.parsed_as);
    take_upstream_head(upstream.head, request.context);
    EXPECT_EQ(request.context.response.content_length, c.expected) << c.method << " " << c.status;
  }
}

TEST(UpstreamResponse, HidesWhatIsOfThisHopOrForTheProxy) {
  EXPECT_EQ(passed("", "Date: x\r\nServer: up\r\nX-Pad: y\r\nX-Accel-Expires: 5\r\nX-Accel-Charset: u\r\n"
                       "X-Accel-Buffering: no\r\nX-Accel-Limit-Rate: 1\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\n"
                       "Trailer: t\r\nProxy-Connection: p\r\nUpgrade: h2\r\nTE: t\r\nX-Kept: 1\r\n"),
            "X-Kept: 1\n");
}

TEST(UpstreamResponse, HideAndPassHeadersChangeTheList) {
  EXPECT_EQ(passed("proxy_hide_header X-Powered-By; proxy_pass_header X-Pad;",
                   "x-powered-by: Express\r\nX-Pad: y\r\nX-A: 1\r\n"),
            "X-Pad: y\nX-A: 1\n");
}

TEST(UpstreamResponse, PassHeaderKeepsServerAndDate) {
  TestRequest request("location / { proxy_pass http://up; proxy_pass_header Server; proxy_pass_header Date; }");
  const UpstreamHead upstream("HTTP/1.1 200 OK\r\nServer: up\r\nDate: then\r\nContent-Length: 0\r\n");
  take_upstream_head(upstream.head, request.context);
  EXPECT_EQ(request.context.response.upstream_server, "up");
  EXPECT_EQ(request.context.response.upstream_date, "then");
  EXPECT_EQ(fields_of(request), "");
}

// Threat R23.
TEST(UpstreamResponse, ConnectionRemovesItsOwnExtrasButNotWhatIsEndToEnd) {
  EXPECT_EQ(passed("", "Connection: X-Hop, Set-Cookie, Cache-Control, Content-Type, ETag\r\nX-Hop: 1\r\nSet-Cookie: a=1\r\n"
                       "Cache-Control: private\r\nContent-Type: t/x\r\nETag: \"e\"\r\n"),
            "Set-Cookie: a=1\nCache-Control: private\nContent-Type: t/x\nETag: \"e\"\n");
}

TEST(UpstreamResponse, KeepsUpgradeOfA101) {
  TestRequest request("location / { proxy_pass http://up; }");
  const UpstreamHead upstream("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n");
  take_upstream_head(upstream.head, request.context);
  EXPECT_EQ(fields_of(request), "Upgrade: websocket\n");
}

struct RedirectCase {
  const char* server;
  const char* location;
  const char* expected;
};

TEST(ProxyRedirect, RewritesTheBeginningByTheFirstRuleThatApplies) {
  const RedirectCase cases[] = {
      // default: the URL of proxy_pass becomes the location's prefix, made absolute.
      {"location / { proxy_pass http://up:8080; }", "http://up:8080/x", "http://example.com/x"},
      {"location /a/ { proxy_pass http://up:8080/b/; }", "http://up:8080/b/x?y", "http://example.com/a/x?y"},
      {"location /a/ { proxy_pass http://up:8080/b/; proxy_redirect default; }", "http://up:8080/b/x",
       "http://example.com/a/x"},
      {"location /a/ { proxy_pass http://up:8080/b/; }", "http://up:8080/c/x", "http://up:8080/c/x"},
      {"location / { proxy_pass http://up:8080; }", "http://up:80801/", "http://up:80801/"},
      {"location / { proxy_pass http://up:8080; }", "http://other/", "http://other/"},
      {"location / { proxy_pass http://up:8080; }", "/relative", "/relative"},
      {"location / { proxy_pass http://up:8080; absolute_redirect off; }", "http://up:8080/x", "/x"},
      {"location / { proxy_pass http://up:8080; proxy_redirect off; }", "http://up:8080/x", "http://up:8080/x"},
      {"location / { proxy_pass http://up:8080; proxy_redirect http://a/ https://$host/; }", "http://a/x",
       "https://example.com/x"},
      {"location / { proxy_pass http://up:8080; proxy_redirect http://a/ /1/; proxy_redirect http:// /2/; }",
       "http://a/x", "http://example.com/1/x"},
      {"location / { proxy_pass http://up:8080; proxy_redirect ~^http://([^:]+):\\d+(/.*)$ https://$1$2; }",
       "http://up:99/p", "https://up/p"},
      {"location / { proxy_pass http://up:8080; proxy_redirect ~*^HTTP://A(?<rest>/.*)$ /r$rest; }", "http://a/p",
       "http://example.com/r/p"},
  };
  for (const RedirectCase& c : cases) {
    TestRequest request(c.server);
    request.get("/a/");
    const UpstreamHead upstream("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + std::string(c.location) + "\r\n");
    take_upstream_head(upstream.head, request.context);
    EXPECT_EQ(request.context.response.fields.get(http::FieldId::location), c.expected) << c.server << c.location;
  }
}

TEST(ProxyRedirect, RewritesTheUrlOfRefresh) {
  EXPECT_EQ(passed("", "Refresh: 5; URL=http://up:8080/x\r\n"), "Refresh: 5; URL=/x\n");
  EXPECT_EQ(passed("", "Refresh: 5\r\n"), "Refresh: 5\n");
}

TEST(ProxyCookie, DomainAndPathAttributesAreRewritten) {
  struct {
    const char* directives;
    const char* cookie;
    const char* expected;
  } cases[] = {
      {"", "a=1; Domain=up; Path=/x", "a=1; Domain=up; Path=/x"},
      {"proxy_cookie_domain up $host;", "a=1; domain=.UP; path=/x; HttpOnly", "a=1; domain=.example.com; path=/x; HttpOnly"},
      {"proxy_cookie_domain up example.com;", "a=up; Domain=notup", "a=up; Domain=notup"},
      {"proxy_cookie_domain ~^(\\w+)\\.up$ $1.example.com;", "a=1; Domain=api.up", "a=1; Domain=api.example.com"},
      {"proxy_cookie_path /x/ /y/;", "a=/x/; Path=/x/z;Secure", "a=/x/; Path=/y/z;Secure"},
      {"proxy_cookie_path /x/ /y/;", "a=1; Path=/z", "a=1; Path=/z"},
      {"proxy_cookie_path ~^/v\\d/(.*)$ /$1;", "a=1; Path=/v2/q", "a=1; Path=/q"},
      {"proxy_cookie_path / \"/; Secure\";", "a=1; Path=/", "a=1; Path=/; Secure"},
      {"proxy_cookie_path off;", "a=1; Path=/x", "a=1; Path=/x"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(passed(c.directives, "Set-Cookie: " + std::string(c.cookie) + "\r\n"),
              "Set-Cookie: " + std::string(c.expected) + "\n")
        << c.directives;
  }
}

TEST(ProxyCookie, FlagsAreAddedAndTakenAway) {
  struct {
    const char* directives;
    const char* cookie;
    const char* expected;
  } cases[] = {
      {"proxy_cookie_flags a secure httponly samesite=strict;", "a=1", "a=1; Secure; HttpOnly; SameSite=Strict"},
      {"proxy_cookie_flags a secure;", "A=1;secure;  Path=/", "A=1;secure;  Path=/"},
      {"proxy_cookie_flags a secure;", "b=1", "b=1"},
      {"proxy_cookie_flags a secure;", "a", "a"},
      {"proxy_cookie_flags a secure;", "a; x=1", "a; x=1"},
      {"proxy_cookie_flags ~^A nosecure nohttponly nosamesite;", "ab=1; Secure; Path=/; HttpOnly; SameSite=Lax", "ab=1; Path=/"},
      {"proxy_cookie_flags a samesite=lax;", "a=1; samesite=none; x=secure", "a=1; SameSite=Lax; x=secure"},
      {"proxy_cookie_flags a samesite=lax;", "a=1; SameSite=None; SameSite=Strict", "a=1; SameSite=Lax"},
      {"proxy_cookie_flags a secure nosecure;", "a=1", "a=1; Secure"},
      {"proxy_cookie_flags a nonsense httponly;", "a=1", "a=1; HttpOnly"},
      {"proxy_cookie_flags a secure; proxy_cookie_flags ~. httponly;", "a=1", "a=1; Secure"},
      {"proxy_cookie_flags ab secure; proxy_cookie_flags ~. httponly;", "a=1", "a=1; HttpOnly"},
      {"proxy_cookie_flags $arg_name $arg_flag;", "a=1", "a=1"},
      {"proxy_cookie_flags off;", "a=1; Secure", "a=1; Secure"},
      {"proxy_cookie_flags a secure; proxy_cookie_path /x /y;", "a=1; Path=/x", "a=1; Path=/y; Secure"},
      {"proxy_cookie_flags a nosecure;", "a=1; Secure", "a=1"},
      {"proxy_cookie_flags a nosecure;", "a=\"x; Secure", "a=\"x"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(passed(c.directives, "Set-Cookie: " + std::string(c.cookie) + "\r\n"),
              "Set-Cookie: " + std::string(c.expected) + "\n")
        << c.directives;
}

UpstreamAdvice advice_for(TestRequest& request, const std::string& fields) {
  const UpstreamHead upstream("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + fields);
  return take_upstream_head(upstream.head, request.context);
}

TEST(XAccel, GivesAdviceUnlessIgnored) {
  const std::string fields = "X-Accel-Buffering: no\r\nX-Accel-Limit-Rate: 1000\r\n";
  TestRequest request("location / { proxy_pass http://up; } location /i { proxy_pass http://up; "
                      "proxy_ignore_headers X-Accel-Redirect X-Accel-Buffering X-Accel-Limit-Rate; }");
  UpstreamAdvice advice = advice_for(request, fields);
  EXPECT_EQ(advice.buffering, false);
  EXPECT_EQ(advice.limit_rate, 1000u);
  EXPECT_FALSE(advice.redirect);
  request.in("/i");
  advice = advice_for(request, fields + "X-Accel-Redirect: /x\r\n");
  EXPECT_FALSE(advice.buffering || advice.limit_rate || advice.redirect);
}

TEST(XAccel, OddValuesAreNoAdvice) {
  TestRequest request("location / { proxy_pass http://up; }");
  const UpstreamAdvice advice = advice_for(request, "X-Accel-Buffering: maybe\r\nX-Accel-Limit-Rate: 1k\r\n");
  EXPECT_FALSE(advice.buffering || advice.limit_rate);
}

TEST(ServerSentEvents, AreNotBufferedUnlessTheServerSaysSo) {
  TestRequest request("location / { proxy_pass http://up; } location /i { proxy_pass http://up; "
                      "proxy_ignore_headers X-Accel-Buffering; }");
  EXPECT_EQ(advice_for(request, "Content-Type: text/event-stream\r\n").buffering, false);
  EXPECT_EQ(advice_for(request, "Content-Type: Text/Event-Stream; charset=utf-8\r\n").buffering, false);
  EXPECT_EQ(advice_for(request, "Content-Type: text/event-stream\r\nX-Accel-Buffering: yes\r\n").buffering, true);
  EXPECT_EQ(advice_for(request, "Content-Type: text/event-streams\r\n").buffering, std::nullopt);
  request.in("/i");
  EXPECT_EQ(advice_for(request, "Content-Type: text/event-stream\r\nX-Accel-Buffering: yes\r\n").buffering, false);
}

TEST(XAccel, RedirectKeepsOnlyWhatDescribesTheAnswer) {
  TestRequest request("location / { proxy_pass http://up; }");
  const UpstreamHead upstream(
      "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nX-Accel-Redirect: /files/x\r\nContent-Type: a/b\r\nSet-Cookie: s=1\r\n"
      "Content-Disposition: attachment\r\nCache-Control: private\r\nExpires: 0\r\nETag: \"e\"\r\nX-A: 1\r\n");
  EXPECT_EQ(take_upstream_head(upstream.head, request.context).redirect, "/files/x");
  EXPECT_EQ(fields_of(request),
            "Content-Type: a/b\nSet-Cookie: s=1\nContent-Disposition: attachment\nCache-Control: private\nExpires: 0\n");
  EXPECT_TRUE(request.context.response.keep_fields);
  EXPECT_FALSE(request.context.response.content_length);
}

TEST(UpstreamResponse, HasOneContentTypeTheLastAndNoEmptyOne) {
  EXPECT_EQ(passed("", "Content-Type: a/a\r\nContent-Type: b/b\r\n").find("a/a"), std::string::npos);
  EXPECT_EQ(passed("", "Content-Type:\r\n"), "");
}

TEST(ErrorPage, OfAnUpstreams401KeepsTheChallenge) {
  TestRequest request("location / { proxy_pass http://up; }");
  const UpstreamHead upstream("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nX-A: 1\r\nContent-Length: 0\r\n");
  keep_challenge(upstream.head, request.context);
  EXPECT_EQ(fields_of(request), "WWW-Authenticate: Basic\n");
  EXPECT_TRUE(request.context.response.keep_fields);
}

TEST(XAccel, TargetIsDecodedAndFetchedByGet) {
  TestRequest request("location / { proxy_pass http://up; }");
  request.send("POST /form?x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(take_accel_target("/files/a%20b%3F/../c%20d?q=%20", request.context));
  EXPECT_EQ(request.context.uri, "/files/c d");
  EXPECT_EQ(request.context.args, "q=%20");
  EXPECT_EQ(request.context.method_text, "GET");
}

TEST(XAccel, TargetStaysBelowTheRoot) {
  TestRequest request("location / { proxy_pass http://up; }");
  for (const std::string_view target : {"/../etc/passwd", "/%2e%2e/x", "relative", "http://a/", "/a%00"}) {
    EXPECT_FALSE(take_accel_target(target, request.context)) << target;
    EXPECT_EQ(request.context.uri, "/");
  }
}

}  // namespace
}  // namespace drishti::filters
