// HTTP/2 to upstreams: proxy_http_version 2. Whole proxy, Node.js and scripted frames as the upstream; threats R08, T22.

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "tests/scenarios/scenario.hpp"
#include "tests/support/fake_http2.hpp"
#include "tests/support/load_client.hpp"
#include "tests/support/json_text.hpp"
#include "tests/support/metrics_page.hpp"
#include "tests/support/node_backend.hpp"
#include "tests/support/openssl_files.hpp"
#include "tests/support/patience.hpp"

namespace drishti::testing {
namespace {

std::string config_for(const std::string& servers, const std::string& more = {}) {
  return http_config("upstream all { " + servers + " }\nserver { listen 127.0.0.1:@port@; location /metrics { metrics; }\n" +
                     "location / { proxy_pass http://all; proxy_http_version 2;\n" + more + "\n} }");
}
std::string server(const std::string& address) { return "server " + address + ";"; }

RawResponse get_path(const ProxyUnderTest& proxy, const std::string& path, const std::string& fields = {}) {
  return ask(proxy, request_text("GET", path, fields));
}

std::string number(std::uint32_t value) {
  std::string text;
  for (const int shift : {24, 16, 8, 0}) text += static_cast<char>(value >> shift);
  return text;
}

FakeHttp2::Script resets(std::uint32_t error_code) {
  return [=](int stream) { return h2_frame(3, 0, stream, number(error_code)); };
}

TEST(UpstreamHttp2, PassesRequestsOn) {
  NodeBackend backend({"h2c", "one"});
  ProxyUnderTest proxy(config_for(server(backend.address()), "proxy_set_header X-Mine yes;"));
  const RawResponse response =
      ask(proxy, request_text("POST", "/a%20b?c=d", "Connection: close, x-hop\r\nX-Hop: 1\r\nCookie: a=1\r\n", "body!"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(member(response.body, "version"), "2.0");
  EXPECT_EQ(member(response.body, "path"), "/a%20b?c=d");
  EXPECT_EQ(member(response.body, ":authority"), "all");
  EXPECT_EQ(member(response.body, ":scheme"), "http");
  EXPECT_EQ(member(response.body, "x-mine"), "yes");
  EXPECT_EQ(member(response.body, "cookie"), "a=1");
  EXPECT_EQ(member(response.body, "body"), "5");
  EXPECT_EQ(member(response.body, "content-length"), "5");
  for (const char* left : {"x-hop", "host", "te", "transfer-encoding", "upgrade"})
    EXPECT_EQ(member(response.body, left), "absent") << left;
  EXPECT_EQ(response.field("content-length"), std::to_string(response.body.size()));
}

TEST(UpstreamHttp2, AHeadHasNoBodyAndAnEmptyResponseEnds) {
  NodeBackend backend({"h2c", ""});
  ProxyUnderTest proxy(config_for(server(backend.address())));
  const RawResponse head = ask(proxy, request_text("HEAD", "/"), true);
  EXPECT_EQ(head.status, 200);
  EXPECT_NE(head.field("content-length"), "");
  EXPECT_EQ(get_path(proxy, "/name").body, "");
}

TEST(UpstreamHttp2, CarriesLargeBodiesBothWays) {
  NodeBackend backend({"h2c", "one"});
  ProxyUnderTest proxy(config_for(server(backend.address()), "client_max_body_size 20m;"));
  std::string body(5 << 20, 'a');
  for (std::size_t i = 0; i < body.size(); i += 4093) body[i] = static_cast<char>('a' + i % 23);
  EXPECT_TRUE(ask(proxy, request_text("POST", "/body", {}, body)).body == body);  // gathered in a file
  ProxyUnderTest streaming(config_for(server(backend.address()), "client_max_body_size 20m; proxy_request_buffering off;"));
  EXPECT_TRUE(ask(streaming, request_text("POST", "/body", {}, body)).body == body);
}

TEST(UpstreamHttp2, RequestsShareAConnection) {
  NodeBackend backend({"h2c", "one"});
  ProxyUnderTest proxy(config_for(server(backend.address())));
  std::set<std::string> connections;
  std::mutex mutex;
  std::vector<std::thread> clients;
  for (int i = 0; i < 16; ++i)
    clients.emplace_back([&] {
      for (int n = 0; n < 10; ++n) {
        const std::string connection = member(get_path(proxy, "/").body, "connection");
        std::lock_guard lock(mutex);
        connections.insert(connection);
      }
    });
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(connections.size(), 1u);
  EXPECT_EQ(MetricsPage::of(proxy)["drishti_upstream_connections_reused_total{upstream=\"all\"}"] +
                MetricsPage::of(proxy)["drishti_upstream_connections_opened_total{upstream=\"all\"}"], 160);
}

TEST(UpstreamHttp2, OpensAnotherConnectionForWhatTheUpstreamDoesNotTakeAtOnce) {
  const std::string settings = h2_frame(4, 0, 0, std::string("\0\3\0\0\0\1", 6));  // one stream at a time
  FakeHttp2 upstream([](int) { return std::string(); }, settings);
  ProxyUnderTest proxy(config_for(server(upstream.address())));
  RawClient first(proxy.port()), second(proxy.port()), third(proxy.port());
  for (RawClient* client : {&first, &second, &third}) client->send(request_text("GET", "/"));
  EXPECT_TRUE(eventually([&] { return upstream.requests() == 3; }));
  EXPECT_EQ(upstream.connections(), 3);
}

TEST(UpstreamHttp2, SpeaksItThroughTlsByAlpnAndRefusesAnUpstreamThatDoesNot) {
  OpensslFiles files;
  files.make("backend", "IP:127.0.0.1");
  NodeBackend speaks({"h2", "two", files.file("backend.key"), files.file("backend.pem")});
  NodeBackend does_not({"https", "one", files.file("backend.key"), files.file("backend.pem")});
  ProxyUnderTest proxy(http_config("proxy_http_version 2; proxy_ssl_verify on; proxy_ssl_trusted_certificate " +
                                   files.file("ca.pem") + ";\nserver { listen 127.0.0.1:@port@;\n" +
                                   "location /h2/ { proxy_pass https://" + speaks.address() + "/; }\n" +
                                   "location /h1/ { proxy_pass https://" + does_not.address() + "/; } }"));
  const RawResponse response = get_path(proxy, "/h2/");
  EXPECT_EQ(member(response.body, "version"), "2.0");
  EXPECT_EQ(member(response.body, ":scheme"), "https");
  EXPECT_EQ(get_path(proxy, "/h1/").status, 502);
  EXPECT_TRUE(proxy.wait_for_log("upstream does not speak HTTP/2, which \"grpc_pass\" and \"proxy_http_version 2\" need: it "
                                 "refused \"h2\" by ALPN while SSL handshaking to upstream")) << proxy.error_log();
}

TEST(UpstreamHttp2, AnUpstreamOfHttp1IsNotTakenForAnAnswer) {
  FakeUpstream upstream([](const UpstreamRequest&) { return Actions{Action::send(ok_response("no")), Action::read_to_close()}; },
                        FakeUpstream::AskAt::accept);
  ProxyUnderTest proxy(config_for(server(upstream.address())));
  EXPECT_EQ(get_path(proxy, "/").status, 502);
}

TEST(UpstreamHttp2, ASilentUpstreamHasTheTimeOfConnecting) {
  FakeUpstream upstream(stays_silent(), FakeUpstream::AskAt::accept);
  ProxyUnderTest proxy(config_for(server(upstream.address()), "proxy_connect_timeout 200ms;"));
  EXPECT_EQ(get_path(proxy, "/").status, 504);
}

TEST(UpstreamHttp2, AResponseHasItsTimeAndOthersGoOnMeanwhile) {
  NodeBackend backend({"h2c", "one"});
  ProxyUnderTest proxy(config_for(server(backend.address()), "proxy_read_timeout 300ms;"));
  RawClient waiting(proxy.port());
  waiting.send(request_text("GET", "/silent"));
  EXPECT_EQ(get_path(proxy, "/name").body, "one");
  EXPECT_EQ(waiting.read_response().value_or(RawResponse{}).status, 504);
  EXPECT_EQ(get_path(proxy, "/name").body, "one");
}

TEST(UpstreamHttp2, AStalledClientDoesNotStopOthersOfTheSameConnection) {
  NodeBackend backend({"h2c", "one"});
  ProxyUnderTest proxy(config_for(server(backend.address()), "proxy_buffering off;"));
  RawClient stalled(proxy.port());
  stalled.send(request_text("GET", "/big?bytes=200000000"));  // not read
  ASSERT_TRUE(stalled.read_some(patience));
  for (int i = 0; i < 50; ++i) ASSERT_EQ(get_path(proxy, "/big?bytes=300000").body.size(), 300000u);
}

TEST(UpstreamHttp2, AResponseCutByAResetIsCutForTheClient) {
  FakeHttp2 upstream([](int stream) {
    return h2_headers({{":status", "200"}}, false, stream) + h2_frame(0, 0, stream, "half") +
           h2_frame(3, 0, stream, number(2));
  });
  ProxyUnderTest proxy(config_for(server(upstream.address())));
  const RawResponse response = get_path(proxy, "/");
  EXPECT_EQ(response.status, 200);
  EXPECT_FALSE(response.complete);
}

TEST(UpstreamHttp2, AnUpstreamThatNeverEndsItsStreamsStopsNoRequest) {
  FakeHttp2 upstream(
      [](int stream) { return h2_headers({{":status", "200"}, {"content-length", "4"}}, false, stream) + h2_frame(0, 0, stream, "body"); },
      h2_frame(4, 0, 0, std::string("\0\3", 2) + number(1)));  // one stream at a time
  ProxyUnderTest proxy(config_for(server(upstream.address()), "proxy_read_timeout 2s;"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(get_path(proxy, "/").body, "body");
}

TEST(UpstreamHttp2, ABadHeadIsA502) {  // threats R05, R08
  for (const auto& bad : {std::vector<std::pair<std::string, std::string>>{{":status", "200"}, {"x", "a\r\nb: c"}},
                          {{":status", "101"}},
                          {{":status", "200"}, {"connection", "x"}}}) {
    FakeHttp2 upstream([&](int stream) { return h2_headers(bad, true, stream); });
    ProxyUnderTest proxy(config_for(server(upstream.address())));
    EXPECT_EQ(get_path(proxy, "/").status, 502);
    EXPECT_TRUE(proxy.wait_for_log("upstream sent invalid header while reading response header from upstream"));
  }
}

TEST(UpstreamHttp2, AHeadBeyondProxyBufferSizeIsA502) {
  FakeHttp2 upstream([](int stream) {
    return h2_headers({{":status", "200"}, {"a", std::string(100, 'x')}}, true, stream);
  });
  ProxyUnderTest proxy(config_for(server(upstream.address()), "proxy_buffer_size 64;"));
  EXPECT_EQ(get_path(proxy, "/").status, 502);
  EXPECT_TRUE(proxy.wait_for_log("upstream sent too big header while reading response header from upstream"));
}

TEST(UpstreamHttp2, APostThatWasRefusedIsSentAgain) {  // threat T22
  const FakeHttp2::Script goes_away = [](int) { return h2_frame(7, 0, 0, std::string(8, '\0')); };
  for (const FakeHttp2::Script& script : {resets(7), goes_away}) {
    FakeHttp2 first(script);
    NodeBackend second({"h2c", "two"});
    ProxyUnderTest proxy(config_for(server(first.address()) + server(second.address())));
    for (int i = 0; i < 2; ++i) EXPECT_EQ(ask(proxy, request_text("POST", "/name", {}, "once")).body, "two");
    EXPECT_GT(first.requests(), 0);
  }
}

TEST(UpstreamHttp2, APostThatMayHaveBeenProcessedIsNotSentAgain) {
  FakeHttp2 first(resets(2));
  NodeBackend second({"h2c", "two"});
  ProxyUnderTest proxy(config_for(server(first.address()) + server(second.address() + " backup")));
  EXPECT_EQ(ask(proxy, request_text("POST", "/name", {}, "once")).status, 502);
  EXPECT_TRUE(proxy.wait_for_log("upstream rejected request with error 2"));
}

TEST(UpstreamHttp2, NoRequestFailsWhileAnUpstreamSaysGoaway) {
  NodeBackend backend({"h2c", "one"});
  ProxyUnderTest proxy(config_for(server(backend.address())));
  LoadClient load(proxy.port(), 4, LoadClient::Connections::kept);
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(get_path(proxy, "/goaway").body, "one");
    ASSERT_TRUE(load.wait_for_answers(5));
  }
  load.stop();
  EXPECT_EQ(load.failed(), 0u) << load.reasons();
}

TEST(UpstreamHttp2, NoGetFailsWhenAnUpstreamIsKilled) {
  NodeBackend stays({"h2c", "one"});
  auto dies = std::make_unique<NodeBackend>(std::vector<std::string>{"h2c", "two"});
  ProxyUnderTest proxy(config_for(server(stays.address()) + server(dies->address())));
  LoadClient load(proxy.port(), 8, LoadClient::Connections::kept);
  ASSERT_TRUE(load.wait_for_answers(200));
  dies->kill();
  ASSERT_TRUE(load.wait_for_answers(500));
  load.stop();
  EXPECT_EQ(load.failed(), 0u) << load.reasons();
}

TEST(UpstreamHttp2, AResponseIsCached) {
  NodeBackend backend({"h2c", "one"});
  ProxyUnderTest proxy("events {}\nhttp { proxy_cache_path memory keys_zone=z:10m;\nserver { listen 127.0.0.1:@port@; " +
                       ("location / { proxy_pass http://" + backend.address()) +
                       "; proxy_http_version 2; proxy_cache z; proxy_cache_valid 200 1m; } } }");
  const std::string first = get_path(proxy, "/").body;
  RawResponse next;  // may share the end of the first, which comes in a frame of its own
  EXPECT_TRUE(eventually([&] {
    next = get_path(proxy, "/");
    return next.field("Cache-Status").find("hit") != std::string::npos;
  })) << next.head;
  EXPECT_EQ(next.body, first);
}

TEST(UpstreamHttp2, ChecksTheHealthOverHttp2) {
  NodeBackend good({"h2c", "one"});
  FakeHttp2 bad([](int stream) { return h2_headers({{":status", "503"}}, true, stream); });
  ProxyUnderTest proxy(config_for(server(good.address()) + server(bad.address()) + " zone z 64k;", "health_check interval=100ms;"));
  EXPECT_TRUE(proxy.wait_for_log("status 503"));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(get_path(proxy, "/name").body, "one");
}

TEST(UpstreamHttp2, AnIdleConnectionEndsInTime) {
  NodeBackend backend({"h2c", "one"});
  ProxyUnderTest proxy(config_for(server(backend.address()) + " keepalive_requests 2;"));
  std::vector<std::string> connections;
  for (int i = 0; i < 4; ++i) connections.push_back(member(get_path(proxy, "/").body, "connection"));
  EXPECT_EQ(connections[0], connections[1]);
  EXPECT_NE(connections[1], connections[2]);
  EXPECT_EQ(connections[2], connections[3]);
}

TEST(UpstreamHttp2, AClientThatLeavesResetsItsStreamAlone) {
  NodeBackend backend({"h2c", "one"});
  ProxyUnderTest proxy(config_for(server(backend.address())));
  const std::string before = member(get_path(proxy, "/").body, "connection");
  {
    RawClient client(proxy.port());
    client.send(request_text("GET", "/silent"));
    EXPECT_EQ(get_path(proxy, "/name").body, "one");
  }
  EXPECT_EQ(log_line(proxy, "/silent").substr(0, 4), "499|");
  EXPECT_EQ(member(get_path(proxy, "/").body, "connection"), before);
}

}  // namespace
}  // namespace drishti::testing
