// Directives whose effect only a socket or a clock shows.

#include <gtest/gtest.h>

#include <fstream>

#include "tests/scenarios/scenario.hpp"

namespace drishti::testing {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

std::string server(const std::string& text) {
  return http_config("server { listen 127.0.0.1:@port@; " + text + " }");
}

TEST(ResetTimedoutConnection, Return444ResetsTheConnectionOnlyWithIt) {
  ProxyUnderTest proxy(server("location /reset { reset_timedout_connection on; return 444; } location / { return 444; }"));
  RawClient reset(proxy.port()), plain(proxy.port());
  ASSERT_TRUE(reset.send(request_text("GET", "/reset")) && plain.send(request_text("GET", "/plain")));
  EXPECT_EQ(reset.read_to_close() + plain.read_to_close(), "");
  EXPECT_TRUE(reset.was_reset());
  EXPECT_FALSE(plain.was_reset());
}

TEST(Sendfile, OffSendsTheSameBytes) {
  ProxyUnderTest proxy(server("root @dir@; location /read { alias @dir@/file; sendfile off; } "
                              "location /send { alias @dir@/file; sendfile on; }"));
  std::string text(700'000, ' ');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + (i * 31 + i / 977) % 26);
  std::ofstream(proxy.directory() + "/file") << text;
  for (const char* path : {"/read", "/send"}) {
    const auto whole = get(proxy.port(), path);
    ASSERT_TRUE(whole) << path;
    EXPECT_TRUE(whole->complete && whole->body == text) << path;
  }
  RawClient client(proxy.port());
  ASSERT_TRUE(client.send(request_text("GET", "/read", "Range: bytes=199990-400000\r\n")));
  const auto part = client.read_response();
  ASSERT_TRUE(part);
  EXPECT_EQ(part->status, 206);
  EXPECT_TRUE(part->body == text.substr(199990, 200011));
}

TEST(Pipe, TellsWhichRequestsCameBeforeTheAnswerToTheLastOne) {
  ProxyUnderTest proxy(server("location / { return 200 $pipe; }"));
  RawClient client(proxy.port());
  ASSERT_TRUE(client.send(request_text("GET", "/1") + request_text("GET", "/2")));
  EXPECT_EQ(client.read_response()->body, ".");
  EXPECT_EQ(client.read_response()->body, "p");
  ASSERT_TRUE(client.send(request_text("GET", "/3")));
  EXPECT_EQ(client.read_response()->body, ".");
}

TEST(ProxyLimitRate, HoldsBackAResponse) {
  FakeUpstream upstream(answers(std::string(60'000, 'x')));
  ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";", "proxy_limit_rate 50000;"));
  const auto begun = Steady::now();
  const auto response = get(proxy.port(), "/");
  ASSERT_TRUE(response);
  EXPECT_TRUE(response->complete && response->body.size() == 60'000);
  EXPECT_GT(Steady::now() - begun, milliseconds(200));
}

TEST(Env, SetsTheTimeZoneOfTheLogs) {
  ProxyUnderTest proxy("env TZ=XYZ-5:30;\n" + server("location / { return 200 $time_local; }"));
  const auto response = get(proxy.port(), "/");
  ASSERT_TRUE(response);
  EXPECT_TRUE(response->body.ends_with(" +0530")) << response->body;
}

TEST(ProxyBind, WithAnAddressAndAPortIsWhereTheConnectionComesFrom) {
  ProxyUnderTest proxy(http_config("server { listen 127.0.0.1:@port2@; return 200 $remote_addr:$remote_port; }\n"
                                   "server { listen 127.0.0.1:@port@; location / { proxy_bind 127.0.0.3:@port3@;\n"
                                   "proxy_pass http://127.0.0.1:@port2@; } }"));
  const auto response = get(proxy.port(), "/");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "127.0.0.3:" + std::to_string(proxy.port(3)));
}

}  // namespace
}  // namespace drishti::testing
