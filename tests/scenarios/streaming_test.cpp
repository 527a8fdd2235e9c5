// WebSocket without configuration, tunnels in the metrics, Server-Sent Events.
#include <gtest/gtest.h>

#include <csignal>

#include "server/websocket_key.hpp"
#include "tests/scenarios/health_support.hpp"
#include "tests/scenarios/tls_support.hpp"
#include "tests/support/http2_client.hpp"
#include "tests/support/metrics_page.hpp"
#include "tests/support/patience.hpp"

namespace drishti::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string handshake(const std::string& protocol = "websocket") {
  return request_text("GET", "/ws", "Connection: keep-alive, Upgrade\r\nUpgrade: " + protocol +
                                        "\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
}

constexpr const char* switched = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                                 "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

FakeUpstream::Script opens(Actions then) {
  return [=](const UpstreamRequest&) {
    Actions actions{Action::send(switched)};
    actions.insert(actions.end(), then.begin(), then.end());
    return actions;
  };
}

/// A server that opens tunnels, behind a proxy whose second port has the metrics.
struct Tunnels {
  explicit Tunnels(Actions then, const std::string& more = {}, const std::string& main = {})
      : upstream(opens(std::move(then))),
        proxy(main + http_config("server { listen 127.0.0.1:@port@; location / { proxy_pass http://" + upstream.address() +
                                 "; " + more + " } }\nserver { listen 127.0.0.1:@port2@; location /metrics { metrics; } }")) {}
  void open(RawClient& client) {
    client.send(handshake());
    const RawResponse response = client.read_response().value_or(RawResponse{});
    EXPECT_EQ(response.status, 101);
    EXPECT_EQ(response.field("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  }
  /// Waits for it.
  bool has(const std::string& series, double value) const {
    return eventually([&] { return MetricsPage::of(proxy, 2)[series] == value; });
  }
  bool was_closed_by(const std::string& reason) const {
    return has("drishti_tunnels_closed_total{reason=\"" + reason + "\"}", 1) && has("drishti_tunnels_open", 0) &&
           MetricsPage::of(proxy, 2).sum("drishti_tunnels_closed_total") == 1;
  }

  FakeUpstream upstream;
  ProxyUnderTest proxy;
};

TEST(WebSocket, OpensWithoutConfiguration) {
  Tunnels t({Action::read_to_close()});
  RawClient client(t.proxy.port());
  t.open(client);
  client.send("frames");
  EXPECT_TRUE(t.upstream.wait_until([&] { return t.upstream.raw().find("frames") != std::string::npos; }));
}

TEST(WebSocket, OtherProtocolsStayHttp) {
  FakeUpstream upstream(answers("plain"));
  ProxyUnderTest proxy(proxy_config(server(upstream)));
  for (const char* protocol : {"h2c", "websocket, h2c", "TLS/1.0", "foo"})
    EXPECT_EQ(ask(proxy, handshake(protocol)).body, "plain") << protocol;
  EXPECT_EQ(upstream.raw().find("pgrade"), std::string::npos) << upstream.raw();
}

TEST(WebSocket, IsNotOpenedWhereTheConfigurationForbidsIt) {
  FakeUpstream upstream(answers("plain"));
  ProxyUnderTest proxy(proxy_config(server(upstream), "proxy_websocket off;"));
  EXPECT_EQ(ask(proxy, handshake()).body, "plain");
  EXPECT_EQ(upstream.raw().find("pgrade"), std::string::npos);
}

// Extended CONNECT (RFC 8441): the key is ours, so that the answer to it has to be made.
TEST(WebSocket, OverHttp2EndsWhenTheServerClosed) {
  FakeUpstream upstream([](const UpstreamRequest& request) {
    const std::string key = request.head.substr(request.head.find("sec-websocket-key: ") + 19, 24);
    return Actions{Action::send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                                "Sec-WebSocket-Accept: " + server::websocket_accept(key) + "\r\n\r\nthe last words"),
                   Action::close()};
  });
  std::string config = proxy_config(server(upstream), "proxy_read_timeout 1h;");
  replace_all(config, "@port@;", "@port@ http2;");
  ProxyUnderTest proxy(config);
  Http2Client client(proxy.port());
  ASSERT_TRUE(client.ping());
  const std::uint32_t stream =
      client.request("/ws", {{":protocol", "websocket"}, {"sec-websocket-version", "13"}}, "CONNECT", false);
  const Http2Answer& answer = client.wait(stream);
  EXPECT_TRUE(answer.ended);
  EXPECT_EQ(answer.body, "the last words");
  EXPECT_TRUE(log_line(proxy, "/ws").starts_with("101|") || log_line(proxy, "/ws").starts_with("200|")) << log_line(proxy, "/ws");
  EXPECT_TRUE(client.ping()) << "the connection goes on";
}

TEST(WebSocketOverTls, CarriesBytesBothWaysBehindTheHandshake) {
  TlsFolder files;
  const auto now = std::make_shared<Event>();
  FakeUpstream upstream(opens({Action::wait(now), Action::send(ok_response("welcome")), Action::read_to_close()}));
  ProxyUnderTest proxy(tls_config(files.server("localhost", "location / { proxy_pass http://" + upstream.address() + "; }") +
                                  "server { listen 127.0.0.1:@port2@; location /metrics { metrics; } }"));
  TlsClient client(proxy.port());
  client.send(handshake());
  EXPECT_EQ(client.read_response().value_or(RawResponse{}).status, 101);
  now->set();
  EXPECT_EQ(client.read_response().value_or(RawResponse{}).body, "welcome");
  EXPECT_TRUE(client.send("hello"));
  const auto received = [&] { return MetricsPage::of(proxy, 2)["drishti_tunnel_bytes_total{direction=\"received\"}"]; };
  EXPECT_TRUE(eventually([&] { return received() == 5; })) << received();
  EXPECT_FALSE(client.had_close_notify());
}

TEST(TunnelMetrics, CountWhatIsOpenAndWhatIsCarried) {
  Tunnels t({Action::send("welcome"), Action::read_to_close()});
  RawClient one(t.proxy.port()), two(t.proxy.port());
  t.open(one);
  t.open(two);
  EXPECT_TRUE(t.has("drishti_tunnels_open", 2));
  one.send("12345");
  EXPECT_TRUE(t.has("drishti_tunnel_bytes_total{direction=\"received\"}", 5));
  EXPECT_TRUE(t.has("drishti_tunnel_bytes_total{direction=\"sent\"}", 14));
  one.close();
  EXPECT_TRUE(t.has("drishti_tunnels_open", 1));
}

TEST(TunnelMetrics, TellThatTheClientLeft) {
  Tunnels t({Action::read_to_close()});
  RawClient client(t.proxy.port());
  t.open(client);
  client.close();
  EXPECT_TRUE(t.was_closed_by("client"));
}

TEST(TunnelMetrics, TellThatTheServerClosed) {
  auto now = std::make_shared<Event>();
  Tunnels t({Action::wait(now), Action::close()});
  RawClient client(t.proxy.port());
  t.open(client);
  now->set();
  client.read_to_close();
  client.close();
  EXPECT_TRUE(t.was_closed_by("upstream"));
}

TEST(TunnelMetrics, TellThatNothingMoved) {
  Tunnels t({Action::read_to_close()}, "proxy_read_timeout 200ms;");
  RawClient client(t.proxy.port());
  t.open(client);
  client.read_to_close();
  EXPECT_TRUE(client.closed());
  EXPECT_TRUE(t.was_closed_by("timeout"));
}

// The server reads nothing: what the client sends fills both sockets, then proxy_send_timeout counts.
TEST(Tunnel, EndsWhenOneSideTakesNothingForItsSendTimeout) {
  auto never = std::make_shared<Event>();
  Tunnels t({Action::wait(never)}, "proxy_send_timeout 300ms; proxy_read_timeout 1h;");
  RawClient client(t.proxy.port());
  t.open(client);
  const std::string block(1 << 20, 'x');
  for (int i = 0; i < 64 && client.send(block); ++i) continue;
  EXPECT_TRUE(t.was_closed_by("timeout"));
  never->set();
}

TEST(Tunnel, IsClosedAtTheDeadlineOfAShutdown) {
  Tunnels t({Action::read_to_close()}, {}, "worker_shutdown_timeout 300ms;\n");
  RawClient client(t.proxy.port());
  t.open(client);
  const auto begun = std::chrono::steady_clock::now();
  t.proxy.send_signal(SIGQUIT);
  EXPECT_TRUE(t.proxy.wait_for_log("gracefully shutting down"));
  client.send("still open");
  EXPECT_TRUE(t.upstream.wait_until([&] { return t.upstream.raw().find("still open") != std::string::npos; }));
  EXPECT_EQ(t.proxy.wait_for_exit(seconds(8)), 0);
  EXPECT_GE(std::chrono::steady_clock::now() - begun, milliseconds(250));
  client.read_to_close();
  EXPECT_TRUE(client.closed());
}

// ---- Server-Sent Events ---------------------------------------------------------------------------------------------

constexpr const char* stream_head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
                                    "Connection: close\r\n\r\n";

/// Reads until TEXT is there.
bool arrives(RawClient& client, const std::string& text) {
  while (client.unread().find(text) == std::string::npos)
    if (!client.read_some(patience)) return false;
  return true;
}

TEST(ServerSentEvents, EachArrivesBeforeTheNextIsSent) {
  auto second = std::make_shared<Event>(), third = std::make_shared<Event>();
  FakeUpstream upstream([=](const UpstreamRequest&) {
    return Actions{Action::send(std::string(stream_head) + "data: one\n\n"), Action::wait(second), Action::send("data: two\n\n"),
                   Action::wait(third), Action::send("data: three\n\n"), Action::close()};
  });
  ProxyUnderTest proxy(proxy_config(server(upstream)));
  RawClient client(proxy.port());
  client.send(request_text("GET", "/events"));
  EXPECT_TRUE(arrives(client, "data: one\n\n"));
  second->set();
  EXPECT_TRUE(arrives(client, "data: two\n\n"));
  third->set();
  EXPECT_TRUE(arrives(client, "data: three\n\n"));
}

TEST(ServerSentEvents, EndAfterProxyReadTimeoutWithoutOne) {
  auto never = std::make_shared<Event>();
  FakeUpstream upstream([=](const UpstreamRequest&) {
    return Actions{Action::send(std::string(stream_head) + "data: one\n\n"), Action::wait(never)};
  });
  ProxyUnderTest proxy(proxy_config(server(upstream), "proxy_read_timeout 300ms;"));
  RawClient client(proxy.port());
  client.send(request_text("GET", "/events"));
  EXPECT_TRUE(arrives(client, "data: one\n\n"));
  client.read_to_close();
  EXPECT_TRUE(client.closed());
  never->set();
}

}  // namespace
}  // namespace drishti::testing
