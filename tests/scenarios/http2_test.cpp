// HTTP/2 towards clients: that what HTTP/1 does is done for it, too. What hostile clients do: http2_catalogue_test.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "server/websocket_key.hpp"
#include "tests/scenarios/http2_support.hpp"
#include "tests/support/patience.hpp"
#include "tests/support/process_memory.hpp"
#include "tests/support/tool_process.hpp"

namespace drishti::testing {
namespace {

Actions echo_body(const UpstreamRequest& request) { return {Action::send(ok_response(request.body))}; }

TEST(Http2, AnswersByPriorKnowledgeWhereItIsOn) {
  FakeUpstream upstream(answers("hello"));
  ProxyUnderTest proxy(h2_config(upstream));
  Http2Client client(proxy.port());
  const Http2Answer answer = client.wait(client.request("/x", {{"cookie", "a=1"}, {"cookie", "b=2"}}));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "hello");
  EXPECT_TRUE(answer.ended);
  EXPECT_EQ(answer.field("content-length"), "5");
  EXPECT_EQ(answer.field("connection"), "");
  const UpstreamRequest seen = upstream.requests().at(0);
  EXPECT_EQ(seen.line(), "GET /x HTTP/1.1");
  EXPECT_NE(seen.head.find("cookie: a=1; b=2\r\n"), std::string::npos) << seen.head;
}

TEST(Http2, Http1GoesOnWorkingOnTheSamePort) {
  FakeUpstream upstream(answers("hello"));
  ProxyUnderTest proxy(h2_config(upstream));
  EXPECT_EQ(ask(proxy, request_text("POST", "/", {}, "body")).body, "hello");
  RawClient slow(proxy.port());
  slow.send("P");  // may still become the preface
  slow.send("RI /x HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto answer = slow.read_response();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
}

TEST(Http2, IsRefusedWhereItIsOff) {
  FakeUpstream upstream(answers("hello"));
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";"));
  RawClient client(proxy.port());
  client.send(h2::preface);
  const auto answer = client.read_response();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 505);
}

TEST(Http2, APrefaceThatComesByteByByteIsUnderstood) {
  FakeUpstream upstream(answers("hello"));
  ProxyUnderTest proxy(h2_config(upstream));
  RawClient client(proxy.port());
  client.send_bytewise(h2::preface + h2::frame(h2::settings, 0, 0, ""));
  EXPECT_TRUE(client.read_some(patience));
  EXPECT_EQ(client.unread().at(3), static_cast<char>(h2::settings));
}

TEST(Http2, UpgradeToH2cIsNeitherObeyedNorForwarded) {
  FakeUpstream upstream(answers("hello"));
  ProxyUnderTest proxy(h2_config(upstream));
  const RawResponse answer = ask(proxy, request_text("GET", "/", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n"));
  EXPECT_EQ(answer.status, 200);
  const std::string head = upstream.requests().at(0).head;
  EXPECT_EQ(head.find("h2c"), std::string::npos) << head;
  EXPECT_EQ(head.find("ettings"), std::string::npos) << head;
}

TEST(Http2, ABodyOfAMegabyteGoesThereAndBack) {
  FakeUpstream upstream(echo_body);
  ProxyUnderTest proxy(h2_config(upstream, "client_max_body_size 2m;"));
  std::string body;
  for (int i = 0; body.size() < 1'000'000; ++i) body += std::to_string(i) + ",";
  std::ofstream(proxy.directory() + "/up") << body;
  ToolProcess curl({"/usr/bin/curl", "-s", "--http2-prior-knowledge", "--data-binary", "@" + proxy.directory() + "/up",
                    "http://127.0.0.1:" + std::to_string(proxy.port()) + "/"}, proxy.directory() + "/down");
  EXPECT_EQ(curl.wait(), 0);
  EXPECT_EQ(proxy.read("down"), body);
}

TEST(Http2, AStreamedBodyOfUnknownLengthGoesOnInChunks) {
  FakeUpstream upstream(echo_body);
  ProxyUnderTest proxy(h2_config(upstream, "proxy_request_buffering off;"));
  Http2Client client(proxy.port());
  const std::uint32_t stream = client.request("/up", {}, "POST", false);
  client.send_data(stream, "first ");
  EXPECT_TRUE(upstream.wait_until([&] { return upstream.raw().find("first ") != std::string::npos; }));
  client.send_data(stream, "second", true);
  EXPECT_TRUE(upstream.wait_until([&] { return upstream.requests().size() == 1; }));
  EXPECT_NE(upstream.requests().at(0).head.find("ransfer-"), std::string::npos);
  EXPECT_EQ(client.wait(stream).status, 200);
}

TEST(Http2, AClientMaySendNoMoreOfABodyThanIsRead) {
  FakeUpstream upstream([](const UpstreamRequest&) { return Actions{Action::read_to_close()}; }, FakeUpstream::AskAt::accept);
  ProxyUnderTest proxy(h2_config(upstream, "proxy_request_buffering off; client_max_body_size 0; proxy_send_timeout 60s;",
                                 "http2_body_preread_size 10k;\n"));
  Http2Client client(proxy.port());
  ASSERT_TRUE(client.ping());
  EXPECT_EQ(client.setting(4), 10240U);
  const std::uint32_t stream = client.request("/up", {{"content-length", "1000000"}}, "POST", false);
  client.send_data(stream, std::string(10240, 'x'));
  ASSERT_TRUE(client.ping());
  client.read_for(milliseconds(50));
  EXPECT_GT(client.window_updates(stream), 0U) << "what the upstream took makes room";
  const std::uint32_t unread = client.request("/here", {{"content-length", "1000000"}}, "POST", false);
  client.wait(unread);
  EXPECT_EQ(client.window_updates(unread), 0U);
}

TEST(Http2, ASlowStreamHoldsUpNoOther) {
  const std::string large(4 << 20, 'x');
  FakeUpstream upstream([&](const UpstreamRequest&) { return Actions{Action::send(ok_response(large))}; });
  ProxyUnderTest proxy(h2_config(upstream));
  Http2Client client(proxy.port());  // the window of each stream: 65535 bytes
  const std::uint32_t stuck = client.request("/large");
  ASSERT_TRUE(client.wait_for_body(stuck, 65535));
  client.send_frame(h2::window_update, 0, 0, h2::number(1 << 20));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.wait(client.request("/here")).body, "here");
  EXPECT_EQ(client.seen(stuck).body.size(), 65535U);
  client.send_frame(h2::window_update, 0, stuck, h2::number(8 << 20));
  client.send_frame(h2::window_update, 0, 0, h2::number(8 << 20));
  EXPECT_EQ(client.wait(stuck, std::chrono::seconds(20)).body.size(), large.size());
}

TEST(Http2, HeadAndAnswersWithoutBodyEndWithTheirFields) {
  FakeUpstream upstream(answers("hello"));
  ProxyUnderTest proxy(h2_config(upstream));
  Http2Client client(proxy.port());
  const Http2Answer head = client.wait(client.request("/here", {}, "HEAD"));
  EXPECT_EQ(head.field("content-length"), "4");
  EXPECT_EQ(head.body, "");
  EXPECT_TRUE(head.ended);
  const Http2Answer none = client.wait(client.request("/none"));
  EXPECT_EQ(none.status, 204);
  EXPECT_TRUE(none.ended);
  EXPECT_EQ(none.field("content-length"), "");
}

/// While it lives, programs that are started find that a socket takes half of what it is given, and then the rest at once.
class ShortWrites {
 public:
  ShortWrites() {
    ::setenv("LD_PRELOAD", DRISHTI_SHORT_WRITES, 1);
    if (const char* options = std::getenv("ASAN_OPTIONS")) before_ = options;
    ::setenv("ASAN_OPTIONS", (before_ + ":verify_asan_link_order=0").c_str(), 1);
  }
  ~ShortWrites() {
    ::unsetenv("LD_PRELOAD");
    ::setenv("ASAN_OPTIONS", before_.c_str(), 1);
  }

 private:
  std::string before_;
};

TEST(Http2, AStreamThatEndsBeforeItBeginsDoesNotDisturbAnothersWrite) {
  FakeUpstream upstream(answers("hello"));
  std::optional<ShortWrites> starting(std::in_place);
  ProxyUnderTest proxy(h2_config(upstream));
  starting.reset();
  std::filesystem::create_directory(proxy.directory() + "/files");
  const std::string large(1 << 20, 'x');
  std::ofstream(proxy.directory() + "/files/large") << large;
  Http2Client client(proxy.port(), h2::setting(4, 1 << 24));
  client.send_frame(h2::window_update, 0, 0, h2::number(1 << 24));
  ASSERT_TRUE(client.ping());
  const auto head = [](const std::string& path) {
    return h2::block({{":method", "GET"}, {":scheme", "http"}, {":path", path}, {":authority", "a.test"}});
  };
  std::string together = h2::frame(h2::headers, h2::end_headers | h2::end_stream, 1, head("/files/large"));
  for (std::uint32_t stream = 3; stream < 20; stream += 2)
    together += h2::frame(h2::headers, h2::end_headers | h2::end_stream, stream, head("/")) +
                h2::frame(h2::rst_stream, 0, stream, h2::number(h2::cancel));
  client.send(together);
  EXPECT_EQ(client.wait(1).body.size(), large.size());
  EXPECT_TRUE(client.ping());
}

TEST(Http2, FilesRangesAndConditionsWork) {
  FakeUpstream upstream(answers("hello"));
  ProxyUnderTest proxy(h2_config(upstream));
  std::filesystem::create_directory(proxy.directory() + "/files");
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += static_cast<char>('a' + i % 26);
  std::ofstream(proxy.directory() + "/files/f.txt") << text;
  Http2Client client(proxy.port(), h2::setting(4, Http2Client::ample >> 1));
  client.send_frame(h2::window_update, 0, 0, h2::number(1 << 24));
  const Http2Answer whole = client.wait(client.request("/files/f.txt"));
  EXPECT_EQ(whole.body, text);
  const Http2Answer part = client.wait(client.request("/files/f.txt", {{"range", "bytes=5-9"}}));
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, text.substr(5, 5));
  const Http2Answer same = client.wait(client.request("/files/f.txt", {{"if-none-match", whole.field("etag")}}));
  EXPECT_EQ(same.status, 304);
  EXPECT_TRUE(same.ended);
  EXPECT_EQ(client.wait(client.request("/files/missing")).status, 404);
}

TEST(Http2, AnswersAnExpectationBeforeTheBodyIsSent) {
  FakeUpstream upstream(echo_body);
  ProxyUnderTest proxy(h2_config(upstream));
  Http2Client client(proxy.port());
  const std::uint32_t stream = client.request("/", {{"expect", "100-continue"}, {"content-length", "4"}}, "POST", false);
  ASSERT_TRUE(client.wait_for_interim(stream));
  EXPECT_EQ(client.seen(stream).interim, std::vector<int>{100});
  client.send_data(stream, "body", true);
  EXPECT_EQ(client.wait(stream).body, "body");
}

TEST(Http2, LimitRateHolds) {
  FakeUpstream upstream(answers(std::string(30'000, 'x')));
  ProxyUnderTest proxy(h2_config(upstream, "limit_rate 20k;"));
  Http2Client client(proxy.port());
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(client.wait(client.request("/")).body.size(), 30'000U);
  EXPECT_GT(std::chrono::steady_clock::now() - begun, milliseconds(400));
}

TEST(Http2, TheLogSaysWhatWasSpoken) {
  FakeUpstream upstream(answers("hello"));
  ProxyUnderTest proxy(h2_config(upstream));
  Http2Client client(proxy.port());
  client.wait(client.request("/first"));
  client.wait(client.request("/second"));
  EXPECT_EQ(log_line(proxy, "/first", "h2.log").substr(0, 38), "GET /first HTTP/2.0|200|HTTP/2.0|h2c|1");
  EXPECT_EQ(log_line(proxy, "/second", "h2.log").substr(0, 41), "GET /second HTTP/2.0|200|HTTP/2.0|h2c|2|5");
}

TEST(Http2, AClientThatResetsItsStreamEndsTheWorkForIt) {
  auto event = std::make_shared<Event>();
  FakeUpstream upstream([event](const UpstreamRequest&) { event->set(); return Actions{Action::read_to_close()}; });
  ProxyUnderTest proxy(h2_config(upstream));
  Http2Client client(proxy.port());
  const std::uint32_t stream = client.request("/long");
  ASSERT_TRUE(event->wait());
  client.send_frame(h2::rst_stream, 0, stream, h2::number(h2::cancel));
  EXPECT_TRUE(upstream.wait_until([&] { return upstream.connections_open() == 0; }));
  EXPECT_EQ(log_line(proxy, "/long", "h2.log").substr(0, 23), "GET /long HTTP/2.0|499|");
  EXPECT_EQ(client.wait(client.request("/here")).body, "here");
}

TEST(Http2, AClientThatClosesEndsTheWorkForItsStreams) {
  auto event = std::make_shared<Event>();
  FakeUpstream upstream([event](const UpstreamRequest&) { event->set(); return Actions{Action::read_to_close()}; });
  ProxyUnderTest proxy(h2_config(upstream));
  {
    Http2Client client(proxy.port());
    client.request("/long");
    ASSERT_TRUE(event->wait());
  }
  EXPECT_TRUE(upstream.wait_until([&] { return upstream.connections_open() == 0; }));
}

TEST(Http2, AResponseThatTheUpstreamCutsEndsWithAReset) {
  FakeUpstream upstream([](const UpstreamRequest&) {
    return Actions{Action::send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), Action::close()};
  });
  ProxyUnderTest proxy(h2_config(upstream, "proxy_buffering off;"));
  Http2Client client(proxy.port());
  const Http2Answer answer = client.wait(client.request("/"));
  EXPECT_EQ(answer.body, "half");
  EXPECT_FALSE(answer.ended);
  EXPECT_EQ(answer.reset, std::optional<std::uint32_t>(h2::internal_error));
}

TEST(Http2, AnotherServerIsTriedAsForHttp1) {
  FakeUpstream good(answers("good"));
  DeadPort dead;
  ProxyUnderTest proxy(http_config("http2 on; upstream u { server " + dead.address() + "; server " + good.address() +
                                   "; } server { listen 127.0.0.1:@port@; location / { proxy_pass http://u; } }"));
  Http2Client client(proxy.port());
  for (int i = 0; i < 4; ++i) EXPECT_EQ(client.wait(client.request("/")).body, "good");
}

TEST(Http2, ManyStreamsAtOnceAreServedAtTheSameTime) {
  std::mutex mutex;
  auto all = std::make_shared<Event>();
  int waiting = 0;
  FakeUpstream upstream([&, all](const UpstreamRequest&) {
    std::lock_guard lock(mutex);
    if (++waiting == 50) all->set();
    return Actions{Action::wait(all), Action::send(ok_response("x"))};
  });
  ProxyUnderTest proxy(h2_config(upstream));
  Http2Client client(proxy.port());
  std::vector<std::uint32_t> streams;
  for (int i = 0; i < 50; ++i) streams.push_back(client.request("/"));
  for (const std::uint32_t stream : streams) EXPECT_EQ(client.wait(stream).body, "x");
}

TEST(Http2, UrgentStreamsGoFirstAndUnmarkedOnesShare) {
  const std::string large(200'000, 'x');
  FakeUpstream upstream(answers(large));
  ProxyUnderTest proxy(h2_config(upstream));
  Http2Client client(proxy.port(), h2::setting(4, 1 << 24));  // the connection's window stays at 65535
  const std::uint32_t late = client.request("/", {{"priority", "u=5"}});
  const std::uint32_t first = client.request("/");
  const std::uint32_t second = client.request("/");
  const std::uint32_t urgent = client.request("/", {{"priority", "u=0"}});
  const std::uint32_t raised = client.request("/", {{"priority", "u=7"}});
  // Order is asked of those that have something to send.
  for (const std::uint32_t stream : {late, first, second, urgent, raised}) ASSERT_TRUE(client.wait_for_head(stream));
  client.send_frame(h2::priority_update, 0, 0, h2::number(raised) + "u=1");
  ASSERT_TRUE(client.ping());
  const std::size_t before = client.data_order().size();
  // In small steps, so that all of them wait for room all the time.
  for (int i = 0; i < 80; ++i) {
    client.send_frame(h2::window_update, 0, 0, h2::number(16384));
    ASSERT_TRUE(client.ping());
  }
  for (const std::uint32_t stream : {late, first, second, urgent, raised}) EXPECT_EQ(client.wait(stream).body.size(), large.size());
  const auto& order = client.data_order();
  const auto last_of = [&](std::uint32_t stream) { return std::find(order.rbegin(), order.rend(), stream).base() - order.begin(); };
  const auto begin = order.begin() + static_cast<std::ptrdiff_t>(before);
  EXPECT_LT(last_of(urgent), last_of(raised));
  EXPECT_LT(last_of(raised), last_of(first));
  EXPECT_LT(last_of(first), last_of(late));
  EXPECT_LT(last_of(second), last_of(late));
  // The two without a word take turns: each has frames between the other's.
  std::vector<std::uint32_t> turns;
  std::copy_if(begin, order.end(), std::back_inserter(turns), [&](std::uint32_t s) { return s == first || s == second; });
  int changes = 0;
  for (std::size_t i = 1; i < turns.size(); ++i) changes += turns[i] != turns[i - 1] ? 1 : 0;
  EXPECT_GT(changes, 5);
}

TEST(Http2, AStreamWhoseWindowStaysShutTimesOut) {
  FakeUpstream upstream(answers(std::string(1 << 20, 'x')));
  ProxyUnderTest proxy(h2_config(upstream, "send_timeout 150ms;"));
  Http2Client client(proxy.port());
  const Http2Answer answer = client.wait(client.request("/"));
  EXPECT_TRUE(answer.reset.has_value());
  EXPECT_FALSE(answer.ended);
}

TEST(Http2, ABodyThatDoesNotComeTimesOut) {
  FakeUpstream upstream(echo_body);
  ProxyUnderTest proxy(h2_config(upstream, "client_body_timeout 150ms;"));
  Http2Client client(proxy.port());
  EXPECT_EQ(client.wait(client.request("/", {}, "POST", false)).status, 408);
}

TEST(Http2, AReloadIsSeenByTheNextRequestOfAConnection) {
  FakeUpstream upstream(answers("old"));
  FakeUpstream other(answers("new"));
  ProxyUnderTest proxy(h2_config(upstream));
  Http2Client client(proxy.port());
  EXPECT_EQ(client.wait(client.request("/")).body, "old");
  proxy.write_config(h2_config(other));
  proxy.send_signal(SIGHUP);
  for (int i = 0; i < 500 && client.wait(client.request("/")).body != "new"; ++i) client.read_for(milliseconds(5));
  EXPECT_EQ(client.wait(client.request("/")).body, "new");
  EXPECT_FALSE(client.goaway());
}

TEST(Http2, AHeadThatDoesNotEndIsNotWaitedForBecauseAnotherStreamEnds) {
  auto begun = std::make_shared<Event>();
  auto end = std::make_shared<Event>();
  FakeUpstream upstream([=](const UpstreamRequest&) {
    begun->set();
    return Actions{Action::wait(end), Action::send(ok_response("x"))};
  });
  ProxyUnderTest proxy(h2_config(upstream, {}, "client_header_timeout 300ms;\n"));
  Http2Client client(proxy.port());
  const std::uint32_t stream = client.request("/");
  ASSERT_TRUE(begun->wait());
  ASSERT_TRUE(client.ping());  // the client has nothing to say within the head
  client.send_frame(h2::headers, 0, stream + 2, h2::block({{":method", "GET"}}));
  end->set();
  EXPECT_EQ(client.wait(stream).body, "x");
  client.send(std::string(1, '\0'));  // of the next frame's head
  EXPECT_TRUE(client.wait_for_close());
}

// grpc-go measures the bandwidth with a PING behind what comes, and opens both windows for every message.
TEST(Http2, AClientMayAcknowledgeEveryAnswerWithAPingAndWindowUpdates) {
  FakeUpstream upstream(answers("hello"));
  ProxyUnderTest proxy(h2_config(upstream));
  Http2Client client(proxy.port());
  for (int i = 0; i < 500; ++i) {
    const std::uint32_t stream = client.request("/here");
    ASSERT_EQ(client.wait(stream).body, "here") << i;
    client.send_frame(h2::window_update, 0, stream, h2::number(4));
    client.send_frame(h2::window_update, 0, 0, h2::number(4));
    ASSERT_TRUE(client.ping()) << i;
  }
  EXPECT_FALSE(client.goaway());
}

TEST(Http2, WebSocketGoesThroughByExtendedConnect) {
  std::string key;
  FakeUpstream upstream([&](const UpstreamRequest& request) {
    const auto at = request.head.find("sec-websocket-key: ");
    key = at == std::string::npos ? "" : request.head.substr(at + 19, 24);
    return Actions{Action::send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                "Sec-WebSocket-Accept: " + server::websocket_accept(key) +
                                "\r\nSec-WebSocket-Protocol: chat\r\n\r\nfrom upstream"),
                   Action::read_to_close()};
  });
  ProxyUnderTest proxy(h2_config(upstream));
  Http2Client client(proxy.port());
  ASSERT_TRUE(client.ping());
  EXPECT_EQ(client.setting(8), 1U);
  const std::uint32_t stream = client.request("/chat", {{":protocol", "websocket"}, {"sec-websocket-version", "13"}}, "CONNECT", false);
  ASSERT_TRUE(client.wait_for_body(stream, 13));
  EXPECT_EQ(client.seen(stream).status, 200);
  EXPECT_EQ(client.seen(stream).field("sec-websocket-protocol"), "chat");
  EXPECT_EQ(client.seen(stream).field("sec-websocket-accept"), "");
  EXPECT_EQ(client.seen(stream).body, "from upstream");
  client.send_data(stream, "from client");
  EXPECT_TRUE(upstream.wait_until([&] { return upstream.raw().find("from client") != std::string::npos; }));
  EXPECT_EQ(upstream.requests().at(0).line(), "GET /chat HTTP/1.1");
  client.send_data(stream, "", true);
  EXPECT_TRUE(client.wait(stream).ended);
}

TEST(Http2, AWebSocketWithAWrongProofIsABadGateway) {
  FakeUpstream upstream([&](const UpstreamRequest&) {
    return Actions{Action::send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n"),
                   Action::read_to_close()};
  });
  ProxyUnderTest proxy(h2_config(upstream, "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;"));
  Http2Client client(proxy.port());
  EXPECT_EQ(client.wait(client.request("/chat", {{":protocol", "websocket"}}, "CONNECT", false)).status, 502);
}

std::string switching(const UpstreamRequest& request) {
  const auto at = request.head.find("sec-websocket-key: ");
  const std::string key = at == std::string::npos ? "" : request.head.substr(at + 19, 24);
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
         server::websocket_accept(key) + "\r\n\r\n";
}

std::uint32_t ask_for_websocket(Http2Client& client, const std::string& path) {
  return client.request(path, {{":protocol", "websocket"}, {"sec-websocket-version", "13"}}, "CONNECT", false);
}

TEST(Http2, NothingOfATunnelGoesToAnUpstreamThatDidNotOpenIt) {
  FakeUpstream upstream([](const UpstreamRequest& request) {
    return Actions{Action::send(request.line().find("/chat") != std::string::npos ? status_response(404, "no")
                                                                                : ok_response("other"))};
  });
  ProxyUnderTest proxy(h2_config(upstream, "proxy_request_buffering off;"));
  Http2Client client(proxy.port());
  const std::uint32_t stream = ask_for_websocket(client, "/chat");
  client.send_data(stream, "GET /admin HTTP/1.1\r\nHost: smuggled\r\n\r\n");
  EXPECT_EQ(client.wait(stream).status, 404);
  EXPECT_EQ(client.wait(client.request("/other")).body, "other");
  EXPECT_EQ(upstream.raw().find("smuggled"), std::string::npos) << upstream.raw();
  EXPECT_EQ(upstream.requests().at(0).head.find("ontent-"), std::string::npos) << upstream.requests().at(0).head;
}

TEST(Http2, AWebSocketOpensWhereBodiesAreStreamedAndWhatWasSentEarlyFollowsIt) {
  FakeUpstream upstream([](const UpstreamRequest& request) {
    return Actions{Action::send(switching(request)), Action::read_to_close()};
  });
  ProxyUnderTest proxy(h2_config(upstream, "proxy_request_buffering off;"));
  Http2Client client(proxy.port());
  const std::uint32_t stream = ask_for_websocket(client, "/chat");
  client.send_data(stream, "early ");
  ASSERT_TRUE(client.wait_for_head(stream));
  EXPECT_EQ(client.seen(stream).status, 200);
  client.send_data(stream, "late");
  EXPECT_TRUE(upstream.wait_until([&] { return upstream.raw().ends_with("\r\n\r\nearly late"); })) << upstream.raw();
}

// RFC 8441 5: a 2xx says that the tunnel is open.
TEST(Http2, ASuccessWithoutATunnelIsNoneForAWebSocket) {
  FakeUpstream upstream(answers("hello"));
  ProxyUnderTest proxy(h2_config(upstream));
  std::filesystem::create_directory(proxy.directory() + "/files");
  std::ofstream(proxy.directory() + "/files/f.txt") << "text";
  Http2Client client(proxy.port());
  for (const std::string path : {"/here", "/none", "/chat", "/files/f.txt"}) {
    const Http2Answer answer = client.wait(ask_for_websocket(client, path));
    EXPECT_EQ(answer.status, 502) << path;
    EXPECT_EQ(answer.body, "") << path;
    EXPECT_EQ(answer.field("content-length") + answer.field("content-type"), "") << path;
  }
  EXPECT_EQ(client.wait(ask_for_websocket(client, "/files/missing")).status, 404);
}

TEST(Http2, AnIdleConnectionOwnsLittle) {
  if (!memory_can_be_measured) GTEST_SKIP();
  FakeUpstream upstream(answers(std::string(100'000, 'x')));
  ProxyUnderTest proxy(h2_config(upstream));
  std::vector<std::unique_ptr<Http2Client>> clients;
  const auto connect = [&](int count) {
    for (int i = 0; i < count; ++i) {
      clients.push_back(std::make_unique<Http2Client>(proxy.port(), h2::setting(4, 1 << 20)));
      Http2Client& client = *clients.back();
      client.send_frame(h2::window_update, 0, 0, h2::number(1 << 20));
      EXPECT_EQ(client.wait(client.request("/")).body.size(), 100'000U);
    }
  };
  connect(50);
  const std::size_t before = rss_kib(proxy.pid());
  connect(200);
  const std::size_t each = (rss_kib(proxy.pid()) - before) / 200;
  RecordProperty("kib_a_connection", static_cast<int>(each));
  EXPECT_LE(each, 20U);
}

TEST(Http2, RealClientsAreServed) {
  if (!installed("/usr/bin/nghttp") || !installed("/usr/bin/h2load")) GTEST_SKIP() << "nghttp2-client is not installed";
  FakeUpstream upstream(answers("hello"));
  ProxyUnderTest proxy(h2_config(upstream));
  const std::string url = "http://127.0.0.1:" + std::to_string(proxy.port()) + "/here";
  EXPECT_EQ(ToolProcess({"/usr/bin/nghttp", url}, proxy.directory() + "/nghttp").wait(), 0);
  EXPECT_EQ(proxy.read("nghttp"), "here");
  EXPECT_EQ(ToolProcess({"/usr/bin/h2load", "-n2000", "-c10", "-m32", url}, proxy.directory() + "/h2load").wait(), 0);
  EXPECT_NE(proxy.read("h2load").find("2000 succeeded, 0 failed, 0 errored"), std::string::npos) << proxy.read("h2load");
}

}  // namespace
}  // namespace drishti::testing
