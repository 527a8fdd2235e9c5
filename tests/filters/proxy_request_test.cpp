#include "filters/proxy_request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/context_builder.hpp"

namespace drishti::filters {
namespace {

using tests::TestRequest;
using testing::HasSubstr;
using testing::Not;

std::string head_of(TestRequest& request, UpstreamBody body = {}) {
  std::string out = "left over";
  write_upstream_head(request.context.head.target, body, request.context, out);
  return out;
}

std::string head_for(const std::string& location, const std::string& target, const std::string& fields = {}) {
  TestRequest request("location / { proxy_pass http://127.0.0.1:3000; " + location + " }");
  request.get(target, fields);
  return head_of(request);
}

TEST(UpstreamHead, IsWhatTheUsersFileAsksFor) {
  EXPECT_EQ(head_for("proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr;"
                     "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"
                     "proxy_set_header X-Forwarded-Proto $scheme;",
                     "/a?b=1", "User-Agent: curl\r\nX-Forwarded-For: 1.1.1.1\r\nAccept: */*\r\nX-Real-IP: 6.6.6.6\r\n"),
            "GET /a?b=1 HTTP/1.1\r\nHost: example.com\r\nX-Real-IP: 192.0.2.1\r\n"
            "X-Forwarded-For: 1.1.1.1, 192.0.2.1\r\nX-Forwarded-Proto: http\r\nUser-Agent: curl\r\nAccept: */*\r\n\r\n");
}

TEST(UpstreamHead, HasTheHostOfProxyPassByDefaultAndNoConnectionField) {
  EXPECT_EQ(head_for("", "/"), "GET / HTTP/1.1\r\nHost: 127.0.0.1:3000\r\n\r\n");
}

TEST(UpstreamHead, AlwaysHasAHostInHttp11) {
  EXPECT_EQ(head_for("proxy_set_header Host \"\";", "/"), "GET / HTTP/1.1\r\nHost: 127.0.0.1:3000\r\n\r\n");
}

// RFC 8470 5.1.
TEST(UpstreamHead, TellsThatTheRequestCameInEarlyData) {
  const auto early_head = [](const std::string& location) {
    TestRequest request("location / { proxy_pass http://127.0.0.1:3000; " + location + " }");
    request.get("/");
    request.context.is_early = true;
    return head_of(request);
  };
  EXPECT_EQ(early_head(""), "GET / HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nEarly-Data: 1\r\n\r\n");
  EXPECT_EQ(early_head("proxy_set_header X-Other 1;"),
            "GET / HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nX-Other: 1\r\nEarly-Data: 1\r\n\r\n");
  EXPECT_EQ(early_head("proxy_set_header early-data yes;"),
            "GET / HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nearly-data: yes\r\n\r\n") << "the user's word";
}

TEST(UpstreamHead, InHttp10ClosesTheConnection) {
  EXPECT_EQ(head_for("proxy_http_version 1.0;", "/"),
            "GET / HTTP/1.0\r\nHost: 127.0.0.1:3000\r\nConnection: close\r\n\r\n");
}

TEST(UpstreamHead, AnEmptyValueRemovesTheClientsField) {
  EXPECT_THAT(head_for("proxy_set_header Accept-Encoding \"\";", "/", "Accept-Encoding: gzip\r\n"),
              Not(HasSubstr("Accept-Encoding")));
}

TEST(UpstreamHead, AConfiguredFieldReplacesAllCopiesOfTheClient) {
  const std::string head = head_for("proxy_set_header X-User $arg_u;", "/?u=me", "x-user: a\r\nX-USER: b\r\n");
  EXPECT_THAT(head, HasSubstr("X-User: me\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("x-user: a")));
  EXPECT_THAT(head, Not(HasSubstr("X-USER: b")));
}

// Threats H21 and H22: what a client may not pass through, and what it may not take away.
TEST(UpstreamHead, HopByHopFieldsStayHere) {
  const char* stay[] = {"Connection: keep-alive",     "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive",
                        "TE: trailers",               "Trailer: X-T",          "Upgrade: websocket",
                        "Proxy-Authorization: Basic", "HTTP2-Settings: AAMAA", "Expect: 100-continue"};
  for (const std::string line : stay) {
    EXPECT_EQ(head_for("", "/", line + "\r\n"), "GET / HTTP/1.1\r\nHost: 127.0.0.1:3000\r\n\r\n") << line;
  }
}

TEST(UpstreamHead, FieldsThatConnectionListsStayHere) {
  const std::string head = head_for("", "/", "Connection: X-Own, x-forwarded-for, close\r\nX-Own: 1\r\n"
                                             "X-Forwarded-For: 6.6.6.6\r\nX-Other: 2\r\n");
  EXPECT_EQ(head, "GET / HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nX-Other: 2\r\n\r\n");
}

TEST(UpstreamHead, ConnectionCannotRemoveWhatTheProxySets) {
  const std::string head = head_for("proxy_set_header X-Real-IP $remote_addr;", "/",
                                    "Connection: X-Real-IP, Host\r\nX-Real-IP: 6.6.6.6\r\n");
  EXPECT_EQ(head, "GET / HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nX-Real-IP: 192.0.2.1\r\n\r\n");
}

TEST(UpstreamHead, ConnectionCannotRemoveEndToEndFields) {
  const char* essential[] = {"Authorization", "Cookie", "Cache-Control", "Content-Type", "Content-Language", "Origin",
                             "Range",         "Accept", "User-Agent",    "If-Match"};
  for (const std::string name : essential) {
    EXPECT_THAT(head_for("", "/", "Connection: " + name + "\r\n" + name + ": v\r\n"), HasSubstr(name + ": v\r\n"));
  }
}

TEST(UpstreamHead, FramingComesFromTheBodyAlone) {
  TestRequest request(
      "location / { proxy_pass http://127.0.0.1:3000; proxy_set_header Content-Length 99; "
      "proxy_set_header Transfer-Encoding chunked; }");
  request.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
  const std::string start = "POST / HTTP/1.1\r\nHost: 127.0.0.1:3000\r\n";
  EXPECT_EQ(head_of(request), start + "\r\n");
  EXPECT_EQ(head_of(request, {UpstreamBody::Kind::length, 5}), start + "Content-Length: 5\r\n\r\n");
  EXPECT_EQ(head_of(request, {UpstreamBody::Kind::chunked, 0}), start + "Transfer-Encoding: chunked\r\n\r\n");
}

TEST(UpstreamHead, MethodAndBodyCanBeReplaced) {
  TestRequest request("location / { proxy_pass http://a:1; proxy_method PUT; proxy_set_body \"u=$arg_u\"; }");
  request.get("/?u=7");
  EXPECT_THAT(head_of(request), testing::StartsWith("PUT /?u=7 HTTP/1.1\r\n"));
  EXPECT_EQ(configured_body(request.context), "u=7");
  TestRequest plain("location / { proxy_pass http://a:1; }");
  EXPECT_EQ(configured_body(plain.context), std::nullopt);
}

TEST(UpstreamHead, ClientFieldsCanBeKeptBack) {
  EXPECT_EQ(head_for("proxy_pass_request_headers off; proxy_set_header X-A 1;", "/", "Cookie: a\r\n"),
            "GET / HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nX-A: 1\r\n\r\n");
}

// Threat P10.
TEST(UpstreamHead, AValueWithALineEndIsLeftOut) {
  TestRequest request("location / { proxy_pass http://127.0.0.1:1; proxy_set_header X-Path $uri; }");
  request.context.uri = "/a\r\nX-Evil: 1";
  EXPECT_EQ(head_of(request), "GET / HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n");
}

constexpr const char* websocket =
    "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;";
constexpr const char* upgrade_map = "map $http_upgrade $connection_upgrade { default upgrade; '' close; }";

TEST(Upgrade, PassesThroughConfiguredFieldsOnly) {
  TestRequest request(std::string("location / { proxy_pass http://a:1; ") + websocket + " }", upgrade_map);
  request.get("/", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n");
  EXPECT_TRUE(forwards_upgrade(request.context));
  EXPECT_EQ(head_of(request),
            "GET / HTTP/1.1\r\nHost: a:1\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Key: k\r\n\r\n");
  request.get("/");
  EXPECT_FALSE(forwards_upgrade(request.context));
  EXPECT_EQ(head_of(request), "GET / HTTP/1.1\r\nHost: a:1\r\nConnection: close\r\n\r\n");
}

TEST(Upgrade, NeedsConfiguredFieldsAndHttp11) {
  const std::pair<std::string, bool> cases[] = {
      {"", false},
      {"proxy_set_header Upgrade $http_upgrade;", false},
      {"proxy_set_header Connection upgrade;", false},
      {std::string(websocket) + "proxy_http_version 1.0;", false},
      {"proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection \"keep-alive, Upgrade\";", true},
  };
  for (const auto& [directives, expected] : cases) {
    TestRequest request("location / { proxy_pass http://a:1; " + directives + " }", upgrade_map);
    request.get("/", "Connection: Upgrade\r\nUpgrade: websocket\r\n");
    EXPECT_EQ(forwards_upgrade(request.context), expected) << directives;
  }
}

std::string websocket_head(const std::string& upgrade = "websocket") {
  return "Connection: Upgrade\r\nUpgrade: " + upgrade + "\r\nSec-WebSocket-Key: k\r\n";
}

TEST(WebSocket, IsPassedOnWithoutConfiguration) {
  TestRequest request("location / { proxy_pass http://a:1; }");
  for (const char* name : {"websocket", "WebSocket"}) {
    request.get("/", websocket_head(name));
    EXPECT_TRUE(forwards_upgrade(request.context));
    EXPECT_EQ(head_of(request),
              "GET / HTTP/1.1\r\nHost: a:1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n");
  }
}

TEST(WebSocket, IsLeftToTheConfigurationThatSpeaksOfIt) {
  for (const char* directives : {"proxy_websocket off;", "proxy_set_header Upgrade \"\";", "proxy_set_header Connection close;",
                                 "proxy_http_version 1.0;", "proxy_pass_request_headers off;"}) {
    TestRequest request("location / { proxy_pass http://a:1; " + std::string(directives) + " }");
    request.get("/", websocket_head());
    EXPECT_FALSE(forwards_upgrade(request.context)) << directives;
    EXPECT_EQ(head_of(request).find("websocket"), std::string::npos) << directives;
  }
}

// Threats S36 and S37.
TEST(WebSocket, IsTheOnlyProtocolThatIsPassedOn) {
  TestRequest request("location / { proxy_pass http://a:1; }");
  const std::string key = "Sec-WebSocket-Key: k\r\n";
  for (const std::string& fields : {websocket_head("h2c"), websocket_head("websocket, h2c"), websocket_head("h2c, websocket"),
                                    websocket_head("foo"), websocket_head("websocket/13"), websocket_head("TLS/1.0"),
                                    "Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n" + key,
                                    std::string("Connection: Upgrade\r\nUpgrade: websocket\r\n"),
                                    "Upgrade: websocket\r\n" + key, "Connection: close\r\nUpgrade: websocket\r\n" + key}) {
    request.get("/", fields);
    EXPECT_FALSE(forwards_upgrade(request.context)) << fields;
    EXPECT_EQ(head_of(request).find("pgrade"), std::string::npos) << fields;
  }
  request.send("POST / HTTP/1.1\r\nHost: example.com\r\n" + websocket_head() + "\r\n");
  EXPECT_FALSE(forwards_upgrade(request.context)) << "only GET opens a WebSocket";
}

TEST(ProxyHeaderOut, ItsConnectionSaysThatItEnds) {
  TestRequest request("location / { proxy_pass http://a:1; proxy_protocol on; }");
  EXPECT_EQ(head_of(request), "GET / HTTP/1.1\r\nHost: a:1\r\nConnection: close\r\n\r\n");
}

// Threats S35 and S37: an h2c tunnel would bypass every rule.
TEST(Upgrade, ToH2cIsNeverAskedFor) {
  TestRequest request(std::string("location / { proxy_pass http://a:1; ") + websocket + " }", upgrade_map);
  for (const std::string protocol : {"h2c", "H2C", "websocket, h2c"}) {
    request.get("/", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: " + protocol + "\r\nHTTP2-Settings: AAMA\r\n");
    EXPECT_FALSE(forwards_upgrade(request.context)) << protocol;
    EXPECT_EQ(head_of(request), "GET / HTTP/1.1\r\nHost: a:1\r\n\r\n") << protocol;
  }
}

}  // namespace
}  // namespace drishti::filters
