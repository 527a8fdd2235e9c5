// Trailer fields of responses: to whom they go, and what is never among them (RFC 9110 6.5, RFC 9112 7.1.2).
#include <gtest/gtest.h>

#include "tests/scenarios/scenario.hpp"
#include "tests/support/http2_client.hpp"
#include "tests/support/node_backend.hpp"

namespace drishti::testing {
namespace {

const std::string chunks = "4\r\nbody\r\n0\r\n";
const std::string asks = "TE: trailers\r\n";

FakeUpstream::Script answers_with(const std::string& trailers) {
  return [=](const UpstreamRequest&) {
    return Actions{Action::send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n" + chunks + trailers + "\r\n")};
  };
}

std::string config(const FakeUpstream& upstream, const std::string& more = "proxy_pass_trailers on;") {
  return http_config("http2 on;\nserver { listen 127.0.0.1:@port@; location / { proxy_pass http://" + upstream.address() + ";\n" + more + "} }");
}

/// What comes behind the head, as it comes.
std::string raw_body(const ProxyUnderTest& proxy, const std::string& fields, const std::string& version = "1.1") {
  RawClient client(proxy.port());
  client.send("GET / HTTP/" + version + "\r\nHost: a.test\r\nConnection: close\r\n" + fields + "\r\n");
  const std::string all = client.read_to_close();
  return all.substr(all.find("\r\n\r\n") + 4);
}

TEST(Trailers, GoToAClientThatTakesThem) {
  FakeUpstream upstream(answers_with("x-sum: 123\r\nX-Other:  y \r\n"));
  ProxyUnderTest proxy(config(upstream));
  EXPECT_EQ(raw_body(proxy, asks), chunks + "x-sum: 123\r\nX-Other: y\r\n\r\n");
  EXPECT_EQ(raw_body(proxy, ""), chunks + "\r\n") << "who does not say so gets none";
  EXPECT_EQ(raw_body(proxy, asks, "1.0"), "body");
}

TEST(Trailers, EndTheResponseAndNotTheConnection) {
  FakeUpstream upstream(answers_with("x-sum: 123\r\n"));
  ProxyUnderTest proxy(config(upstream));
  RawClient client(proxy.port());
  client.send(request_text("GET", "/", asks) + request_text("GET", "/", asks + "Connection: close\r\n"));
  const std::string all = client.read_to_close(), whole = chunks + "x-sum: 123\r\n\r\n";
  const auto first = all.find(whole + "HTTP/1.1 200 OK\r\n");
  EXPECT_NE(first, std::string::npos) << all;
  EXPECT_TRUE(all.ends_with("\r\n\r\n" + whole)) << all;
}

TEST(Trailers, GoToAClientOfHttp2) {
  FakeUpstream upstream(answers_with("x-sum: 123\r\nX-Other: y\r\n"));
  ProxyUnderTest proxy(config(upstream));
  Http2Client client(proxy.port());
  const Http2Answer answer = client.wait(client.request("/"));
  EXPECT_EQ(answer.body, "body");
  EXPECT_EQ(answer.trailers, (Http2Fields{{"x-sum", "123"}, {"x-other", "y"}}));
  EXPECT_TRUE(answer.ended);
}

TEST(Trailers, ComeToAClientOfHttp2WhoseWindowIsUsedUp) {
  auto event = std::make_shared<Event>();
  FakeUpstream upstream([=](const UpstreamRequest&) {
    return Actions{Action::send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n"), Action::wait(event),
                   Action::send("0\r\nx-sum: 123\r\n\r\n")};
  });
  ProxyUnderTest proxy(config(upstream, "proxy_pass_trailers on; proxy_http_version 1.1; proxy_buffering off;"));
  Http2Client client(proxy.port(), h2::setting(4, 4));
  const std::uint32_t stream = client.request("/");
  ASSERT_TRUE(client.wait_for_body(stream, 4));
  event->set();
  const Http2Answer answer = client.wait(stream);
  EXPECT_TRUE(answer.ended);
  EXPECT_EQ(answer.trailers, (Http2Fields{{"x-sum", "123"}}));
  client.send_frame(h2::window_update, 0, stream, h2::number(100));
  EXPECT_TRUE(client.ping());
}

TEST(Trailers, AreDroppedUnlessTheDirectiveSaysSo) {
  FakeUpstream upstream(answers_with("x-sum: 123\r\n"));
  ProxyUnderTest proxy(config(upstream, ""));
  EXPECT_EQ(raw_body(proxy, asks), chunks + "\r\n");
  Http2Client client(proxy.port());
  EXPECT_TRUE(client.wait(client.request("/")).trailers.empty());
}

TEST(Trailers, HaveNoFieldThatBelongsBeforeTheBody) {
  FakeUpstream upstream(answers_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\nSet-Cookie: a=1\r\nConnection: close\r\n"
                                     "Content-Type: text/evil\r\nx-sum: 123\r\nTrailer: x\r\n"));
  ProxyUnderTest proxy(config(upstream));
  EXPECT_EQ(raw_body(proxy, asks), chunks + "x-sum: 123\r\n\r\n");
}

TEST(Trailers, AgainstTheRulesCutTheResponse) {
  for (const char* bad : {"x y: 1\r\n", "x: a\x01\r\n", "x\r\n", "x: 1\n", " folded: 1\r\n"}) {
    FakeUpstream upstream(answers_with(std::string("x-sum: 123\r\n") + bad));
    ProxyUnderTest proxy(config(upstream));
    const std::string body = raw_body(proxy, asks);
    EXPECT_EQ(body.find("0\r\n"), std::string::npos) << bad << body;
    Http2Client client(proxy.port());
    const Http2Answer answer = client.wait(client.request("/"));
    EXPECT_FALSE(answer.ended && answer.status == 200) << bad;
  }
}

TEST(Trailers, StandBehindACompressedBody) {
  FakeUpstream upstream([](const UpstreamRequest&) {
    return Actions{Action::send("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n" +
                                std::string(64, 'x') + "\r\n0\r\nx-sum: 123\r\n\r\n")};
  });
  ProxyUnderTest proxy(config(upstream, "proxy_pass_trailers on; gzip on; gzip_min_length 1;"));
  const std::string body = raw_body(proxy, asks + "Accept-Encoding: gzip\r\n");
  EXPECT_NE(body.find("\x1f\x8b"), std::string::npos);
  EXPECT_TRUE(body.ends_with("\r\n0\r\nx-sum: 123\r\n\r\n")) << body;
}

TEST(Trailers, OfAnUpstreamOfHttp2GoToBothKindsOfClients) {
  NodeBackend backend({"h2c", "one"});
  const std::string location = "{ proxy_http_version 2; proxy_pass http://" + backend.address() + "/trailers;\n";
  ProxyUnderTest proxy(http_config("http2 on;\nserver { listen 127.0.0.1:@port@;\nlocation / " + location +
                                   "proxy_pass_trailers on; }\nlocation /off " + location + "} }"));
  EXPECT_TRUE(raw_body(proxy, asks).ends_with("\r\n0\r\nx-sum: 42\r\nx-more: a\r\n\r\n"));
  Http2Client client(proxy.port());
  EXPECT_EQ(client.wait(client.request("/")).trailers, (Http2Fields{{"x-sum", "42"}, {"x-more", "a"}}));
  const Http2Answer off = client.wait(client.request("/off"));
  EXPECT_TRUE(off.ended && off.trailers.empty());
}

}  // namespace
}  // namespace drishti::testing
