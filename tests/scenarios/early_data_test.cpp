// ssl_early_data: requests before the end of the handshake (RFC 8446 2.3, RFC 8470), by the built program and real clients.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "tests/scenarios/tls_support.hpp"
#include "tests/support/http2_client.hpp"
#include "tests/support/nginx_process.hpp"
#include "tests/support/patience.hpp"
#include "tests/support/record_client.hpp"
#include "tests/support/tool_process.hpp"

namespace drishti::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* openssl = "/usr/bin/openssl";

FakeUpstream::Script echoes_heads() {
  return [](const UpstreamRequest& request) { return Actions{Action::send(ok_response(request.head))}; };
}

std::string get_text(const std::string& path, const std::string& fields = {}) {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
}
const std::string post_text = "POST /post HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody";
const std::string last = "Connection: close\r\n";

/// A server with early data in front of an upstream that answers with the head that it got.
struct EarlyData : ::testing::Test {
  FakeUpstream upstream{echoes_heads()};
  TlsFolder files;
  std::unique_ptr<ProxyUnderTest> proxy;

  std::string pass(const std::string& more = {}) const {
    return "location / { proxy_pass http://" + upstream.address() + "; " + more + " }\n";
  }
  void start(const std::string& server_level, const std::string& more_servers = {}) {
    proxy = std::make_unique<ProxyUnderTest>(tls_config(files.server("localhost", server_level) + more_servers));
  }
  TlsSessionHandle session(TlsOptions options = {}) {
    const auto made = session_of(proxy->port(), options);
    upstream.forget();
    return made;
  }
  /// What openssl s_client prints when it sends REQUEST, with MORE words on its command line.
  std::string s_client(const std::string& request, std::vector<std::string> more) {
    write_file(files.file("request"), request);
    std::vector<std::string> words{openssl, "s_client", "-connect", "127.0.0.1:" + std::to_string(proxy->port()),
                                   "-servername", "localhost", "-tls1_3", "-ign_eof"};
    words.insert(words.end(), more.begin(), more.end());
    const bool is_early = std::ranges::find(more, "-early_data") != more.end();
    ToolProcess client(words, files.file("answer"), is_early ? "/dev/null" : files.file("request"));
    client.wait();
    std::ifstream in(files.file("answer"));
    return {std::istreambuf_iterator<char>(in), {}};
  }
  /// As often as the client's Finished overtakes us, until the answer has WANTED.
  std::string s_client_early(const std::string& request, const std::string& wanted) {
    std::string answer;
    for (int i = 0; i == 0 || (i < 20 && answer.find(wanted) == std::string::npos); ++i) {
      s_client(get_text("/first", last), {"-sess_out", files.file("session")});
      upstream.forget();
      answer = s_client(request, {"-sess_in", files.file("session"), "-early_data", files.file("request")});
    }
    return answer;
  }
};

TEST_F(EarlyData, OfSClientReachesTheUpstreamAsSuch) {
  if (!installed(openssl)) GTEST_SKIP() << "no openssl";
  start("ssl_early_data on;" + pass());
  const std::string answer = s_client_early(get_text("/early", last), "Early-Data: 1");
  EXPECT_THAT(answer, HasSubstr("Early data was accepted"));
  EXPECT_THAT(answer, HasSubstr("GET /early HTTP/1.1\r\n"));
  EXPECT_THAT(answer, HasSubstr("Early-Data: 1\r\n"));
}

TEST_F(EarlyData, OfSClientWithPostGets425AndIsNotPassedOn) {
  if (!installed(openssl)) GTEST_SKIP() << "no openssl";
  start("ssl_early_data on; keepalive_timeout 0;" + pass());
  const std::string answer = s_client_early(post_text, "425");
  EXPECT_THAT(answer, HasSubstr("Early data was accepted"));
  EXPECT_THAT(answer, HasSubstr("HTTP/1.1 425 Too Early\r\n"));
  EXPECT_TRUE(upstream.requests().empty());
}

TEST_F(EarlyData, OfSClientIsNotSentWithoutTheDirective) {
  if (!installed(openssl)) GTEST_SKIP() << "no openssl";
  start("client_header_timeout 200ms;" + pass());
  EXPECT_THAT(s_client_early(get_text("/early", last), ""), Not(HasSubstr("Early data was accepted")));
}

TEST_F(EarlyData, IsServedWhileTheHandshakeLasts) {
  start("ssl_early_data on;" + pass("proxy_set_header X-Early \"[$ssl_early_data]\";"));
  TlsClient client(proxy->port(), {.session = session(), .early_data = get_text("/early"), .stays_early = true});
  ASSERT_TRUE(upstream.wait_until([&] { return !upstream.requests().empty(); })) << "the client has not heard anything yet";
  EXPECT_THAT(upstream.requests()[0].head, HasSubstr("X-Early: [1]\r\nEarly-Data: 1\r\n"));
  EXPECT_TRUE(client.finish_handshake());
  EXPECT_TRUE(client.early_data_accepted());
  const auto answer = client.read_response();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  const std::string after = body_of(client, "/after");
  EXPECT_THAT(after, HasSubstr("X-Early: []\r\n"));
  EXPECT_THAT(after, Not(HasSubstr("Early-Data"))) << "the handshake is over";
}

TEST_F(EarlyData, IsAnsweredWith425ForWhatIsNotSafeAndTheClientRepeatsIt) {
  start("ssl_early_data on;" + pass());
  for (const std::string method : {"POST", "PUT", "DELETE", "PATCH", "PROPFIND"}) {
    const std::string text = method + post_text.substr(4);
    TlsClient client(proxy->port(), {.session = session(), .early_data = text, .stays_early = true});
    ASSERT_TRUE(client.finish_handshake_after_answer()) << method;
    const auto refused = client.read_response();
    ASSERT_TRUE(refused) << method;
    EXPECT_EQ(refused->status, 425) << method;
    EXPECT_TRUE(upstream.requests().empty()) << method;
    client.send(text);
    const auto answer = client.read_response();
    ASSERT_TRUE(answer) << method;
    EXPECT_EQ(answer->status, 200) << method << " on the same connection";
    EXPECT_THAT(answer->body, Not(HasSubstr("Early-Data"))) << method;
  }
  TlsClient options(proxy->port(), {.session = session(), .early_data = "OPTIONS" + get_text("/").substr(3)});
  EXPECT_EQ(options.read_response()->status, 200) << "a safe one";
}

TEST_F(EarlyData, IsNotEarlyAnyMoreWhenTheRequestEndsBehindTheHandshake) {
  start("ssl_early_data on;" + pass());
  TlsClient client(proxy->port(), {.session = session(), .early_data = post_text.substr(0, 20)});
  ASSERT_TRUE(client.early_data_accepted());
  client.send(post_text.substr(20));
  const auto answer = client.read_response();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200) << "nobody could have replayed the second half";
  EXPECT_THAT(answer->body, Not(HasSubstr("Early-Data")));
}

TEST_F(EarlyData, PassesOnTheUpstreams425AndNeverStoresIt) {
  upstream.set_script([](const UpstreamRequest& request) {
    const bool is_early = request.head.find("Early-Data: 1") != std::string::npos;
    return Actions{Action::send(is_early ? status_response(425, "later") : ok_response("now"))};
  });
  proxy = std::make_unique<ProxyUnderTest>(
      tls_config("proxy_cache_path @dir@/cache keys_zone=z:1m;\n" +
                 files.server("localhost", "ssl_early_data on;" + pass("proxy_cache z; proxy_cache_valid any 1h;"))));
  TlsClient client(proxy->port(), {.session = session(), .early_data = get_text("/cached"), .stays_early = true});
  ASSERT_TRUE(client.finish_handshake_after_answer());
  const auto refused = client.read_response();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 425);
  EXPECT_EQ(refused->body, "later");
  EXPECT_EQ(body_of(client, "/cached"), "now");
}

TEST_F(EarlyData, ReachesTheEndOfTheConnectionLikeOther) {
  start("ssl_early_data on;" + pass());
  TlsClient client(proxy->port(), {.session = session(), .early_data = get_text("/early", last), .stays_early = true});
  ASSERT_TRUE(client.finish_handshake_after_answer());
  const auto answer = client.read_response();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_TRUE(client.wait_for_close());
  EXPECT_TRUE(client.had_close_notify());
  EXPECT_NE(client.session(), nullptr) << "the next handshake can have early data, too";
}

TEST_F(EarlyData, IsAtMost16KiB) {
  start("ssl_early_data on; large_client_header_buffers 4 64k;" + pass());
  const auto known = session(), another = session();
  EXPECT_EQ(SSL_SESSION_get_max_early_data(known.get()), 16384u);
  SSL_SESSION_set_max_early_data(known.get(), 1 << 20);
  const auto text = [](std::size_t size) { return get_text("/large", "X-Large: " + std::string(size, 'x') + "\r\n"); };
  TlsClient above(proxy->port(), {.session = known, .early_data = text(16 << 10)});
  EXPECT_FALSE(above.read_response());
  EXPECT_TRUE(above.wait_for_close());
  EXPECT_TRUE(upstream.requests().empty());
  TlsClient below(proxy->port(), {.session = another, .early_data = text(15 << 10)});
  EXPECT_EQ(below.read_response()->status, 200);
}

TEST_F(EarlyData, KeepsNoConnectionOpenLongerThanOther) {
  start("ssl_early_data on; client_header_timeout 300ms; keepalive_timeout 300ms; lingering_timeout 300ms;" + pass());
  TlsClient half(proxy->port(), {.session = session(), .early_data = "GET /ha", .stays_early = true});
  TlsClient whole(proxy->port(), {.session = session(), .early_data = get_text("/whole"), .stays_early = true});
  TlsClient closing(proxy->port(), {.session = session(), .early_data = get_text("/closing", last), .stays_early = true});
  for (TlsClient* client : {&half, &whole, &closing}) {
    char waste[4096];
    ssize_t got = 1;
    while (got > 0) got = ::recv(client->fd(), waste, sizeof waste, 0);  // as long as the client's patience
    EXPECT_EQ(got, 0) << "it ends although the handshake does not";
  }
}

TEST_F(EarlyData, IsOfTheServersThatHaveIt) {
  const std::string late = "return 200 \"late [$ssl_early_data]\";", early = "return 200 \"early [$ssl_early_data]\";";
  start(late, files.server("early.test", "ssl_early_data on;" + early) + files.server("late.test", late));
  const auto ask_early = [&](const std::string& name) {
    const auto known = session({.name = name});
    SSL_SESSION_set_max_early_data(known.get(), 16384);  // a client that does so unasked
    const std::string text = "GET / HTTP/1.1\r\nHost: " + name + "\r\n\r\n";
    if (name == "early.test") {
      TlsClient client(proxy->port(), {.name = name, .session = known, .early_data = text, .stays_early = true});
      client.finish_handshake_after_answer();
      EXPECT_TRUE(client.early_data_accepted());
      return client.read_response()->body;
    }
    TlsClient client(proxy->port(), {.name = name, .session = known, .early_data = text});
    EXPECT_FALSE(client.early_data_accepted());
    return "refused, " + body_of(client, "/", name);
  };
  EXPECT_EQ(ask_early("early.test"), "early [1]");
  EXPECT_EQ(ask_early("localhost"), "refused, late []");
  EXPECT_EQ(ask_early("late.test"), "refused, late []");
}

TEST_F(EarlyData, IsOfSessionsInACacheToo) {
  start("ssl_early_data on; ssl_session_tickets off; ssl_session_cache shared:x:1m; return 200 [$ssl_early_data];");
  auto known = session();
  for (int i = 0; i < 3; ++i) {
    TlsClient client(proxy->port(), {.session = known, .early_data = get_text("/"), .stays_early = true});
    ASSERT_TRUE(client.finish_handshake_after_answer()) << i;
    EXPECT_TRUE(client.early_data_accepted()) << i;
    EXPECT_EQ(client.read_response()->body, "[1]") << i;
    EXPECT_EQ(body_of(client), "[]") << i;
    known = client.session();
    ASSERT_NE(known, nullptr) << i;
  }
}

// RFC 8446 8.2: another process with the same keys, this one before a restart, may have taken it a moment ago.
TEST_F(EarlyData, IsNotTakenByAYoungProcessWhoseTicketKeysAreInAFile) {
  write_file(files.file("keys"), std::string(80, 'k'));
  start("ssl_early_data on; ssl_session_ticket_key " + files.file("keys") + "; return 200 [$ssl_early_data];");
  TlsClient client(proxy->port(), {.session = session(), .early_data = get_text("/")});
  EXPECT_TRUE(client.resumed());
  EXPECT_FALSE(client.early_data_accepted());
  EXPECT_EQ(body_of(client), "[]");
}

TEST_F(EarlyData, WorksOverHttp2) {
  start("ssl_early_data on; http2 on;" + pass());
  const std::string head = h2::block({{":method", "GET"}, {":scheme", "https"}, {":authority", "localhost"}, {":path", "/h2"}});
  const std::string flight = h2::preface + h2::frame(h2::settings, 0, 0, "") +
                             h2::frame(h2::headers, h2::end_headers | h2::end_stream, 1, head);
  TlsClient client(proxy->port(), {.alpn = {"h2"}, .session = session({.alpn = {"h2"}}), .early_data = flight, .stays_early = true});
  ASSERT_TRUE(upstream.wait_until([&] { return !upstream.requests().empty(); }));
  EXPECT_THAT(upstream.requests()[0].head, HasSubstr("Early-Data: 1\r\n"));
  ASSERT_TRUE(client.finish_handshake());
  EXPECT_TRUE(client.early_data_accepted());
  std::string got;
  char bytes[4096];
  for (int n = 1; n > 0 && got.find("GET /h2 HTTP/1.1") == std::string::npos; got.append(bytes, static_cast<std::size_t>(std::max(n, 0))))
    n = SSL_read(client.ssl(), bytes, sizeof bytes);
  EXPECT_THAT(got, HasSubstr("GET /h2 HTTP/1.1")) << "the answer, in a DATA frame";
}

TEST_F(EarlyData, IsAnsweredAlsoBetweenItsEndAndTheClientsFinished) {
  const auto may_answer = std::make_shared<Event>();
  upstream.set_script([may_answer](const UpstreamRequest& request) {
    return Actions{Action::wait(may_answer), Action::send(ok_response("answer to " + request.path()))};
  });
  start("ssl_early_data on; http2 on; location = / { return 200 ok; }" + pass());
  const auto request = [](std::uint32_t stream, const std::string& path) {
    return h2::frame(h2::headers, h2::end_headers | h2::end_stream, stream,
                     h2::block({{":method", "GET"}, {":scheme", "https"}, {":authority", "localhost"}, {":path", path}}));
  };
  RecordClient client(proxy->port(), session({.alpn = {"h2"}}), h2::preface + h2::frame(h2::settings, 0, 0, "") + request(1, "/one"));
  ASSERT_TRUE(upstream.wait_until([&] { return upstream.requests().size() == 1; }));
  ASSERT_TRUE(client.hear_server());
  const std::size_t both = client.pending();
  ASSERT_TRUE(client.send_record());  // EndOfEarlyData
  ASSERT_GT(client.pending(), 0u) << "Finished";
  ASSERT_LT(client.pending(), both);
  may_answer->set();
  EXPECT_TRUE(client.read_until("answer to /one"));
  ASSERT_TRUE(client.send_record());
  ASSERT_EQ(client.pending(), 0u);
  client.write(request(3, "/three"));
  client.send_record();
  EXPECT_TRUE(client.read_until("answer to /three"));
  EXPECT_EQ(upstream.requests()[1].head.find("Early-Data"), std::string::npos);
}

// docs/DIFFERENCES.md: what nginx leaves to its user.
TEST_F(EarlyData, IsCountedWhetherItWasTakenOrMayBeAReplay) {
  start("ssl_early_data on; location = /metrics { metrics; }" + pass());
  const std::string recorded = early_flight(session(), get_text("/once"));
  RawClient client(proxy->port()), attacker(proxy->port());
  client.send(recorded);
  ASSERT_TRUE(upstream.wait_until([&] { return !upstream.requests().empty(); }));
  attacker.send(recorded);
  TlsClient reader(proxy->port(), {});
  EXPECT_TRUE(eventually([&] {
    const std::string page = body_of(reader, "/metrics");
    return page.find("early_data_total{result=\"taken\"} 1") != page.npos && page.find("early_data_total{result=\"refused\"} 1") != page.npos;
  }));
}

TEST_F(EarlyData, IsPassedOnByNginxUnmarkedUnsafeAndTwice) {
  if (!test::NginxProcess::installed()) GTEST_SKIP() << "no nginx";
  const std::uint16_t port = test::free_port();
  const std::string number = std::to_string(port);
  const test::NginxProcess nginx("ssl_protocols TLSv1.2 TLSv1.3;\n" + files.server("localhost", "ssl_early_data on;" + pass(), number) +
                                 files.server("late.test", pass(), number), port);
  const auto known = session_of(port, {});
  EXPECT_EQ(SSL_SESSION_get_max_early_data(session_of(port, {.name = "late.test"}).get()), 16384u) << "the default server's";
  upstream.forget();
  const std::string recorded = early_flight(known, post_text);
  RawClient client(port), attacker(port);
  client.send(recorded);
  attacker.send(recorded);
  ASSERT_TRUE(upstream.wait_until([&] { return upstream.requests().size() == 2; }));
  EXPECT_EQ(upstream.requests()[1].line(), "POST /post HTTP/1.0");
  EXPECT_THAT(upstream.requests()[1].head, Not(HasSubstr("Early-Data")));
}

}  // namespace
}  // namespace drishti::testing
