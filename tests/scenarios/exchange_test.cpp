// One request and its response through the whole proxy: bodies, framing, tunnels, internal redirects.

#include <gtest/gtest.h>

#include "tests/scenarios/scenario.hpp"
#include "tests/support/patience.hpp"

namespace drishti::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Steady = std::chrono::steady_clock;

std::string pattern(std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * 31 + i / 977) % 26);
  return text;
}

/// Answers with the body that it got, chunk framing included.
FakeUpstream::Script echoes() {
  return [](const UpstreamRequest& request) { return Actions{Action::send(ok_response(request.body))}; };
}

/// Reads the whole request, then closes without an answer.
FakeUpstream::Script hangs_up() {
  return [](const UpstreamRequest&) { return Actions{Action::close()}; };
}

// ---- request bodies ----

class RepeatedBody : public ::testing::TestWithParam<std::size_t> {};

TEST_P(RepeatedBody, ReachesTheNextServerWhole) {
  FakeUpstream broken(hangs_up()), good(echoes());
  ProxyUnderTest proxy(proxy_config("server " + broken.address() + "; server " + good.address() + ";",
                                    "client_body_buffer_size 16k; client_max_body_size 0;"));
  std::string body = pattern(GetParam());
  RawResponse response = ask(proxy, request_text("PUT", "/x", {}, body));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body.size(), body.size());
  EXPECT_TRUE(response.body == body);
  EXPECT_EQ(broken.requests().size(), 1u);
  EXPECT_TRUE(broken.requests().at(0).body == body);
  EXPECT_NE(log_line(proxy, "/x").find("|502, 200|"), std::string::npos);
}
INSTANTIATE_TEST_SUITE_P(InMemoryAndInATemporaryFile, RepeatedBody, ::testing::Values(1, 5000, 16384, 16385, 1500000));

TEST(RequestBody, ThatIsChunkedReachesTheServerWithItsLength) {
  FakeUpstream upstream(echoes());
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";"));
  RawResponse response = ask(proxy, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                                         "5\r\nhello\r\n1;x=y\r\n \r\n5\r\nworld\r\n0\r\n\r\n");
  EXPECT_EQ(response.body, "hello world");
  EXPECT_NE(upstream.requests().at(0).head.find("Content-Length: 11\r\n"), std::string::npos);
  EXPECT_EQ(upstream.requests().at(0).head.find("Transfer-Encoding"), std::string::npos);
}

TEST(RequestBody, ThatIsUnbufferedIsStreamedInChunks) {
  FakeUpstream upstream(echoes());
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";", "proxy_request_buffering off;"));
  RawResponse response = ask(proxy, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
  EXPECT_EQ(response.body, "5\r\nhello\r\n0\r\n\r\n");
}

TEST(RequestBody, OfUnknownLengthIsGatheredForAServerOfHttp10) {
  FakeUpstream upstream(echoes());
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";", "proxy_request_buffering off; proxy_http_version 1.0;"));
  RawResponse response = ask(proxy, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
  EXPECT_EQ(response.body, "hello");
  const std::string head = upstream.requests().at(0).head;
  EXPECT_NE(head.find("Content-Length: 5\r\n"), std::string::npos) << head;
  EXPECT_EQ(head.find("Transfer-Encoding"), std::string::npos) << head;
}

TEST(RequestBody, ThatIsUnbufferedReachesTheServerBeforeTheClientSentAll) {
  FakeUpstream upstream(echoes());
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";", "proxy_request_buffering off;"));
  RawClient client(proxy.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nfirst");
  EXPECT_TRUE(upstream.wait_until([&] { return upstream.raw().find("\r\n\r\nfirst") != std::string::npos; }));
  client.send("later");
  EXPECT_EQ(client.read_response().value().body, "firstlater");
}

TEST(RequestBody, ThatIsBufferedKeepsTheServerFree) {
  FakeUpstream upstream(echoes());
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";"));
  RawClient client(proxy.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nfirst");
  EXPECT_EQ(ask(proxy, request_text("GET", "/other")).status, 200);  // the proxy has seen the POST by now
  EXPECT_EQ(upstream.requests().size(), 1u);
  client.send("later");
  EXPECT_EQ(client.read_response().value().body, "firstlater");
}

TEST(RequestBody, ThatIsUnbufferedIsNotRepeatedOnceAPartWasSent) {
  FakeUpstream broken(hangs_up()), good(answers("good"));
  ProxyUnderTest proxy(proxy_config("server " + broken.address() + "; server " + good.address() + " backup;",
                                    "proxy_request_buffering off;"));
  EXPECT_EQ(ask(proxy, request_text("PUT", "/", {}, "body")).status, 502);
  EXPECT_EQ(good.requests().size(), 0u);
}

TEST(RequestBody, ThatIsUnbufferedIsStillPassedOnWhenNothingWasSent) {
  DeadPort dead;
  FakeUpstream good(echoes());
  ProxyUnderTest proxy(proxy_config("server " + dead.address() + "; server " + good.address() + ";", "proxy_request_buffering off;"));
  EXPECT_EQ(ask(proxy, request_text("POST", "/", {}, "body")).body, "body");
}

TEST(RequestBody, GetsItsErrorPageServerTheBodyToo) {
  DeadPort dead;
  FakeUpstream fallback(echoes());
  ProxyUnderTest proxy(http_config("server { listen 127.0.0.1:@port@; location / { proxy_pass http://" + dead.address() +
                                   "; error_page 502 = @other; }\nlocation @other { proxy_pass http://" + fallback.address() + "; } }"));
  EXPECT_EQ(ask(proxy, request_text("POST", "/", {}, "the body")).body, "the body");
}

TEST(ExpectContinue, IsAnsweredBeforeTheBodyComes) {
  FakeUpstream upstream(echoes());
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";"));
  RawClient client(proxy.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  ASSERT_TRUE(client.read_some(patience));
  EXPECT_TRUE(client.unread().starts_with("HTTP/1.1 100 Continue\r\n\r\n")) << client.unread();
  client.send("body");
  RawResponse response = client.read_response().value();
  EXPECT_EQ(response.body, "body");
  EXPECT_EQ(response.interim, std::vector<int>{100});
  EXPECT_EQ(upstream.requests().at(0).head.find("Expect"), std::string::npos);
}

// ---- a response before the request is complete (threat R13) ----

struct EarlyAnswer : ::testing::TestWithParam<const char*> {};

TEST_P(EarlyAnswer, ReachesTheClientAndTheConnectionIsNotReused) {
  auto is_over = std::make_shared<Event>();
  FakeUpstream upstream([=](const UpstreamRequest&) { return Actions{Action::send(status_response(403, "no")), Action::wait(is_over)}; },
                        FakeUpstream::AskAt::head);
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + "; keepalive 4;",
                                    std::string("client_max_body_size 0; proxy_send_timeout 5s; ") + GetParam()));
  RawClient client(proxy.port());
  std::string body = pattern(12 << 20);  // more than the sockets hold: the server never reads it
  client.send(request_text("PUT", "/", {}, body));
  auto response = client.read_response();
  is_over->set();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 403);
  EXPECT_EQ(response->body, "no");
}

RawResponse answer_to_an_upload(const ProxyUnderTest& proxy) {
  static const std::string request = request_text("POST", "/", {}, pattern(1 << 20));
  RawClient client(proxy.port());
  client.send_until_answered(request);
  return client.read_response().value_or(RawResponse{});
}

// It closes with bytes unread: the next write fails, and what it said is there to be read all the same.
TEST_P(EarlyAnswer, OfAServerThatClosesBehindItReachesTheClient) {
  FakeUpstream upstream([](const UpstreamRequest&) { return Actions{Action::send(status_response(403, "no")), Action::close()}; },
                        FakeUpstream::AskAt::head);
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + "; keepalive 0;",
                                    std::string("client_max_body_size 0; ") + GetParam()));
  for (int i = 1; i <= 30; ++i) {
    const RawResponse response = answer_to_an_upload(proxy);
    ASSERT_EQ(response.status, 403) << "request " << i;
    ASSERT_EQ(response.body, "no");
  }
}

TEST_P(EarlyAnswer, ThatIsCutByAResetIsNeverMadeToLookWhole) {
  FakeUpstream upstream([](const UpstreamRequest&) { return Actions{Action::send("HTTP/1.1 200 OK\r\n\r\nhalf"), Action::reset()}; },
                        FakeUpstream::AskAt::head);
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";",
                                    std::string("client_max_body_size 0; ") + GetParam()));
  for (int i = 1; i <= 30; ++i) {
    const RawResponse response = answer_to_an_upload(proxy);
    ASSERT_FALSE(response.status == 200 && response.complete) << "request " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(BufferedInAFileInMemoryAndStreamed, EarlyAnswer,
                         ::testing::Values("client_body_buffer_size 16k;", "client_body_buffer_size 16m;",
                                           "proxy_request_buffering off;"));

TEST(EarlyAnswerToASlowClient, DoesNotWaitForTheRestOfTheBody) {
  FakeUpstream upstream([](const UpstreamRequest&) { return Actions{Action::send(status_response(403, "no"))}; },
                        FakeUpstream::AskAt::head);
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";", "proxy_request_buffering off;"));
  RawClient client(proxy.port());
  client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nstart");
  auto response = client.read_response();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 403);
}

// ---- responses ----

TEST(Response, ThatIsChunkedStaysChunkedForHttp11AndEndsWithTheConnectionForHttp10) {
  FakeUpstream upstream([](const UpstreamRequest&) {
    return Actions{Action::send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwiki\r\n"), Action::send("5\r\npedia\r\n0\r\n\r\n")};
  });
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";"));
  RawResponse modern = ask(proxy, request_text("GET", "/"));
  EXPECT_EQ(modern.field("transfer-encoding"), "chunked");
  EXPECT_EQ(modern.body, "wikipedia");
  EXPECT_TRUE(modern.complete);
  RawResponse old = ask(proxy, "GET / HTTP/1.0\r\nHost: a\r\n\r\n");
  EXPECT_FALSE(old.has_field("transfer-encoding"));
  EXPECT_EQ(old.body, "wikipedia");
  EXPECT_EQ(old.field("connection"), "close");
}

TEST(Response, OfAnHttp10ClientThatAsksForKeepAliveKeepsTheConnection) {
  FakeUpstream upstream(answers("ok"));
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";"));
  RawClient client(proxy.port());
  for (int i = 0; i < 2; ++i) {
    client.send("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
    RawResponse response = client.read_response().value();
    EXPECT_EQ(response.body, "ok");
    EXPECT_EQ(response.field("connection"), "keep-alive");
  }
}

TEST(Response, ThatEndsWithTheUpstreamConnectionIsChunkedForTheClient) {
  FakeUpstream upstream([](const UpstreamRequest&) {
    return Actions{Action::send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it"), Action::close()};
  });
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";"));
  RawClient client(proxy.port());
  for (int i = 0; i < 2; ++i) {
    client.send(request_text("GET", "/"));
    RawResponse response = client.read_response().value();
    EXPECT_EQ(response.body, "all of it");
    EXPECT_TRUE(response.complete);
  }
}

TEST(Response, WithoutABodyLeavesBothConnectionsUsable) {
  FakeUpstream upstream([](const UpstreamRequest& request) {
    if (request.path() == "/204") return Actions{Action::send("HTTP/1.1 204 No Content\r\n\r\n")};
    if (request.path() == "/304") return Actions{Action::send("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nContent-Length: 99\r\n\r\n")};
    if (request.line().starts_with("HEAD")) return Actions{Action::send("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n")};
    return Actions{Action::send(ok_response("body"))};
  });
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + "; keepalive 4;"));
  RawClient client(proxy.port());
  auto send = [&](const char* method, const char* path, bool is_head) {
    client.send(request_text(method, path));
    return client.read_response(is_head).value_or(RawResponse{});
  };
  EXPECT_EQ(send("GET", "/204", false).status, 204);
  EXPECT_EQ(send("GET", "/304", false).status, 304);
  RawResponse head = send("HEAD", "/", true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.field("content-length"), "1234");
  EXPECT_EQ(send("GET", "/", false).body, "body");
  EXPECT_EQ(upstream.connections_accepted(), 1);
}

TEST(Response, ThatIsCutIsNeverMadeToLookWhole) {
  const char* cut[] = {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\nab"};
  for (const char* bytes : cut) {
    FakeUpstream upstream([=](const UpstreamRequest&) { return Actions{Action::send(bytes), Action::close()}; });
    ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";"));
    RawClient client(proxy.port());
    client.send(request_text("GET", "/"));
    auto response = client.read_response();
    ASSERT_TRUE(response);
    EXPECT_FALSE(response->complete);
    EXPECT_TRUE(client.closed());
    RawClient old(proxy.port());  // whose only end of the body is the close: it has to see a reset
    old.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
    old.read_to_close();
    EXPECT_TRUE(old.was_reset() || std::string_view(bytes).find("Content-Length") != std::string_view::npos);
  }
}

TEST(Response, OfMegabytesIsRelayedToASlowReaderUnchanged) {
  std::string body = pattern(8 << 20);
  FakeUpstream upstream(answers(body));
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";"));
  RawClient client(proxy.port());
  client.send(request_text("GET", "/"));
  auto response = client.read_response();
  ASSERT_TRUE(response);
  EXPECT_TRUE(response->body == body);
}

TEST(Response, HeadGoesOutBeforeTheBodyComes) {
  auto release = std::make_shared<Event>();
  FakeUpstream upstream([=](const UpstreamRequest&) {
    return Actions{Action::send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"), Action::wait(release), Action::send("data: 1\n\n"), Action::close()};
  });
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";"));
  RawClient client(proxy.port());
  client.send(request_text("GET", "/"));
  ASSERT_TRUE(client.read_some(patience));
  EXPECT_TRUE(client.unread().starts_with("HTTP/1.1 200 OK\r\n"));
  release->set();
  EXPECT_EQ(client.read_response().value().body, "data: 1\n\n");
}

TEST(Pipelining, AnswersAllRequestsInOrder) {
  FakeUpstream upstream([](const UpstreamRequest& request) { return Actions{Action::send(ok_response(request.path() + request.body))}; });
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + "; keepalive 4;"));
  RawClient client(proxy.port());
  std::string all;
  for (int i = 0; i < 20; ++i)
    all += i % 3 == 2 ? request_text("POST", "/" + std::to_string(i), {}, "=" + std::to_string(i)) : request_text("GET", "/" + std::to_string(i));
  client.send(all);
  for (int i = 0; i < 20; ++i) {
    auto response = client.read_response();
    ASSERT_TRUE(response) << i;
    EXPECT_EQ(response->body, "/" + std::to_string(i) + (i % 3 == 2 ? "=" + std::to_string(i) : ""));
  }
}

TEST(LimitRate, SlowsTheBodyDown) {
  std::string body = pattern(30000);
  FakeUpstream upstream(answers(body));
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";", "limit_rate 20k;"));
  auto begin = Steady::now();
  RawResponse response = ask(proxy, request_text("GET", "/"));
  auto took = Steady::now() - begin;
  EXPECT_TRUE(response.body == body);
  EXPECT_GE(took, milliseconds(700));
  EXPECT_LE(took, milliseconds(2500));
}

TEST(LimitRate, IsSetByTheUpstreamToo) {
  std::string body = pattern(3000);
  FakeUpstream upstream([=](const UpstreamRequest&) { return Actions{Action::send(ok_response(body, "X-Accel-Limit-Rate: 2000\r\n"))}; });
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";"));
  auto begin = Steady::now();
  RawResponse response = ask(proxy, request_text("GET", "/"));
  EXPECT_TRUE(response.body == body);
  EXPECT_FALSE(response.has_field("x-accel-limit-rate"));
  EXPECT_GE(Steady::now() - begin, milliseconds(700));
}

// ---- internal redirects ----

TEST(AccelRedirect, ServesTheOtherLocationWithTheFieldsThatSurvive) {
  FakeUpstream upstream([](const UpstreamRequest&) {
    return Actions{Action::send(ok_response("hidden", "X-Accel-Redirect: /internal/x?y=1\r\nSet-Cookie: a=b\r\nX-Backend: api\r\n"))};
  });
  FakeUpstream store(answers("from the store"));
  ProxyUnderTest proxy(http_config("server { listen 127.0.0.1:@port@; location / { proxy_pass http://" + upstream.address() +
                                   "; }\nlocation /internal/ { internal; proxy_pass http://" + store.address() + "/kept/; } }"));
  RawResponse response = ask(proxy, request_text("GET", "/start"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "from the store");
  EXPECT_EQ(response.field("set-cookie"), "a=b");
  EXPECT_FALSE(response.has_field("x-backend"));
  EXPECT_EQ(store.requests().at(0).path(), "/kept/x?y=1");
  EXPECT_NE(log_line(proxy, "/start").find("|" + upstream.address() + " : " + store.address() + "|200 : 200|"), std::string::npos)
      << log_line(proxy, "/start");
  EXPECT_EQ(ask(proxy, request_text("GET", "/internal/x")).status, 404);
}

TEST(InterceptedError, IsAnsweredByTheErrorPagesNamedLocation) {
  FakeUpstream broken(answers_status(503, "raw")), fallback(answers("calm words"));
  ProxyUnderTest proxy(http_config("server { listen 127.0.0.1:@port@; location / { proxy_intercept_errors on; error_page 503 @calm; proxy_pass http://" +
                                   broken.address() + "; }\nlocation /plain { proxy_pass http://" + broken.address() +
                                   "; error_page 503 @calm; }\nlocation @calm { proxy_pass http://" + fallback.address() + "; } }"));
  RawResponse response = ask(proxy, request_text("GET", "/x"));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, "calm words");
  EXPECT_EQ(ask(proxy, request_text("GET", "/plain")).body, "raw");
}

TEST(UpstreamFields, AreStillThereWhenTheLogIsWritten) {
  FakeUpstream upstream([](const UpstreamRequest&) { return Actions{Action::send(ok_response("ok", "X-Backend: seven\r\n"))}; });
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + "; keepalive 4;"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(proxy, request_text("GET", "/x" + std::to_string(i))).status, 200);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(log_line(proxy, "/x" + std::to_string(i)).ends_with("|seven")) << log_line(proxy, "/x");
}

// ---- tunnels ----

std::string upgrade_request() { return request_text("GET", "/ws", "Connection: Upgrade\r\nUpgrade: websocket\r\n"); }
constexpr const char* upgrade_fields = "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;";
constexpr const char* switched = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

/// Switches and then sends `welcome`; what follows is recorded in raw().
FakeUpstream::Script switches() {
  return [](const UpstreamRequest&) { return Actions{Action::send(std::string(switched) + "welcome"), Action::read_to_close()}; };
}

TEST(Tunnel, CarriesBytesBothWaysAfter101) {
  FakeUpstream upstream(switches());
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";", upgrade_fields));
  RawClient client(proxy.port());
  client.send(upgrade_request() + "early");
  auto response = client.read_response();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 101);
  EXPECT_EQ(response->field("upgrade"), "websocket");
  while (client.unread().size() < 7 && client.read_some(patience)) continue;
  EXPECT_EQ(client.unread(), "welcome");
  client.send("later");
  EXPECT_TRUE(upstream.wait_until([&] { return upstream.raw().find("earlylater") != std::string::npos; }));
  client.close();
  EXPECT_TRUE(upstream.wait_until([&] { return upstream.connections_open() == 0; }));
  EXPECT_TRUE(log_line(proxy, "/ws").starts_with("101|"));
}

TEST(Tunnel, IsNotOpenedWithoutA101) {
  FakeUpstream upstream(answers("not today"));
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";", upgrade_fields));
  RawClient client(proxy.port());
  client.send(upgrade_request());
  RawResponse response = client.read_response().value_or(RawResponse{});
  EXPECT_EQ(response.body, "not today");
  EXPECT_EQ(response.field("connection"), "close");  // what follows may be the other protocol
  client.send("not HTTP any more");
  client.read_to_close();
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(upstream.raw().find("not HTTP"), std::string::npos);
}

TEST(Tunnel, ThatNobodyAskedForIsA502) {
  FakeUpstream upstream(switches());
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";"));
  EXPECT_EQ(ask(proxy, request_text("GET", "/")).status, 502);
}

// A server that does not answer the end of its client's bytes with its own must not keep the tunnel, as in nginx.
TEST(Tunnel, EndsWhenTheClientLeftAndTheServerGotAllThatItSent) {
  auto never = std::make_shared<Event>();
  FakeUpstream upstream([=](const UpstreamRequest&) { return Actions{Action::send(switched), Action::wait(never)}; });
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";", std::string(upgrade_fields) + "proxy_read_timeout 1h;"));
  RawClient client(proxy.port());
  client.send(upgrade_request());
  ASSERT_EQ(client.read_response().value_or(RawResponse{}).status, 101);
  client.send("the last words");
  client.shutdown_write();
  EXPECT_TRUE(log_line(proxy, "/ws").starts_with("101|"));
  client.read_to_close();
  EXPECT_TRUE(client.closed());
  never->set();
  EXPECT_TRUE(upstream.wait_until([&] { return upstream.raw().find("the last words") != std::string::npos; }));
}

TEST(Tunnel, EndsWhenTheServerClosedAndTheClientGotAllThatItSent) {
  const std::string farewell = pattern(4 << 20);
  FakeUpstream upstream([=](const UpstreamRequest&) {
    return Actions{Action::send(std::string(switched) + farewell), Action::half_close(), Action::read_to_close()};
  });
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";", std::string(upgrade_fields) + "proxy_read_timeout 1h;"));
  RawClient client(proxy.port());
  client.send(upgrade_request());
  ASSERT_EQ(client.read_response().value_or(RawResponse{}).status, 101);
  client.send("said meanwhile");  // unread bytes must not cost the client what is on its way
  EXPECT_TRUE(client.read_to_close() == farewell);
  EXPECT_FALSE(client.was_reset());
  EXPECT_TRUE(upstream.wait_until([&] { return upstream.connections_open() == 0; }));
}

TEST(Tunnel, EndsWhenIdleForProxyReadTimeoutButNotWhileOneSideTalks) {
  FakeUpstream upstream(switches());
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";", std::string(upgrade_fields) + "proxy_read_timeout 300ms;"));
  RawClient client(proxy.port());
  client.send(upgrade_request());
  ASSERT_TRUE(client.read_response());
  for (int i = 0; i < 12; ++i) {
    std::this_thread::sleep_for(milliseconds(50));
    ASSERT_TRUE(client.send("."));
  }
  EXPECT_EQ(upstream.connections_open(), 1);
  auto begin = Steady::now();
  client.read_to_close();
  EXPECT_TRUE(client.closed());
  EXPECT_LT(Steady::now() - begin, seconds(2));
  EXPECT_TRUE(upstream.wait_until([&] { return upstream.connections_open() == 0; }));
}

}  // namespace
}  // namespace drishti::testing
