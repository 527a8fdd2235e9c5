// proxy_buffering: a client that is slow to read does not hold its upstream, within the limits that are configured.

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "tests/scenarios/scenario.hpp"
#include "tests/support/patience.hpp"

namespace drishti::testing {
namespace {

using std::chrono::milliseconds;

/// More than the sockets on both sides hold: up to 4 MiB are on their way out of the upstream's, and the proxy's may grow
/// to 32 MiB since Linux 6.16 (tcp_rmem), also while nobody reads from it.
constexpr std::size_t body_size = 48 << 20;

/// The proxy's socket to the client is small: what it takes lets the one from the upstream grow.
std::string slow_config(const std::string& servers, const std::string& more = {}) {
  std::string text = proxy_config(servers, more);
  replace_all(text, "@port@;", "@port@ sndbuf=256k;");
  return text;
}

std::string pattern(std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * 31 + i / 977) % 26);
  return text;
}

const std::string& big_body() {
  static const std::string body = pattern(body_size);
  return body;
}

std::string chunked(const std::string& body) {
  std::string text;
  char size[20];
  for (std::size_t at = 0, step; at < body.size(); at += step) {
    step = std::min<std::size_t>(body.size() - at, 50'000);
    std::snprintf(size, sizeof size, "%zx\r\n", step);
    text += size + body.substr(at, step) + "\r\n";
  }
  return text + "0\r\n\r\n";
}

/// In steps, so that bytes_sent() tells how far it came.
Actions in_steps(const std::string& bytes) {
  constexpr std::size_t step = 64 << 10;
  Actions actions;
  for (std::size_t at = 0; at < bytes.size(); at += step) actions.push_back(Action::send(bytes.substr(at, step)));
  return actions;
}

/// `/big`: the body in this framing; anything else: "small".
FakeUpstream::Script serves(std::string framing, std::string more_fields = {}) {
  return [=](const UpstreamRequest& request) -> Actions {
    if (request.path() != "/big") return {Action::send(ok_response("small"))};
    if (framing == "length") return in_steps(ok_response(big_body(), more_fields));
    const std::string head = "HTTP/1.1 200 OK\r\n" + more_fields;
    if (framing == "chunked") return in_steps(head + "Transfer-Encoding: chunked\r\n\r\n" + chunked(big_body()));
    Actions actions = in_steps(head + "Connection: close\r\n\r\n" + big_body());
    actions.push_back(Action::close());
    return actions;
  };
}

/// Waits until the upstream could hand out SIZE bytes.
bool could_send(const FakeUpstream& upstream, std::uint64_t size) {
  return eventually([&] { return upstream.bytes_sent() >= size; });
}

bool sent_all(const FakeUpstream& upstream) { return could_send(upstream, body_size); }

/// Whether the upstream is stuck: no byte goes out any more although there are some left.
bool is_held(const FakeUpstream& upstream) {
  if (!could_send(upstream, 1)) return false;
  for (std::uint64_t before = 0; before != upstream.bytes_sent();) {
    before = upstream.bytes_sent();
    std::this_thread::sleep_for(milliseconds(250));
  }
  return upstream.bytes_sent() < body_size;
}

/// Does not read for now, and its socket takes little.
class SlowClient : public RawClient {
 public:
  explicit SlowClient(const ProxyUnderTest& proxy) : RawClient(proxy.port()) {
    int size = 256 << 10;
    ::setsockopt(fd(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  }
  /// Now it reads: the big response.
  std::optional<RawResponse> read_big() {
    while (unread().size() < body_size && read_some(patience)) continue;  // however long it takes in all
    return read_response();
  }
};

const char* const big_request = "GET /big HTTP/1.1\r\nHost: a.test\r\n\r\n";

struct SlowReader : ::testing::TestWithParam<const char*> {};

TEST_P(SlowReader, DoesNotHoldItsUpstreamAndGetsEveryByte) {
  FakeUpstream upstream(serves(GetParam()));
  ProxyUnderTest proxy(slow_config("server " + upstream.address() + "; keepalive 4;"));
  SlowClient client(proxy);
  client.send(big_request);
  ASSERT_TRUE(sent_all(upstream));
  const bool is_kept = std::string_view(GetParam()) != "close";
  if (is_kept) {
    EXPECT_TRUE(proxy.wait_for_log("buffered to a temporary file"));
    EXPECT_EQ(ask(proxy, request_text("GET", "/other")).body, "small");
    // The big response's connection served this one, too, as soon as the proxy has read its last bytes.
    for (int i = 0; i < 200 && upstream.requests().back().number == 1; ++i) ask(proxy, request_text("GET", "/other"));
    EXPECT_GT(upstream.requests().back().number, 1);
  } else {
    EXPECT_TRUE(upstream.wait_until([&] { return upstream.connections_open() == 0; }));
  }
  auto response = client.read_big();
  ASSERT_TRUE(response);
  EXPECT_TRUE(response->complete);
  EXPECT_TRUE(response->body == big_body());
  client.send(request_text("GET", "/next"));
  EXPECT_EQ(client.read_response().value_or(RawResponse{}).body, "small");
  EXPECT_FALSE(log_line(proxy, "GET /big|" + std::to_string(body_size)).empty());
}
INSTANTIATE_TEST_SUITE_P(ByLengthInChunksAndUntilClose, SlowReader, ::testing::Values("length", "chunked", "close"));

TEST(SlowReaderByHttp10, GetsABodyThatEndsWithTheConnection) {
  FakeUpstream upstream(serves("chunked"));
  ProxyUnderTest proxy(slow_config("server " + upstream.address() + ";"));
  SlowClient client(proxy);
  client.send("GET /big HTTP/1.0\r\nHost: a.test\r\n\r\n");
  ASSERT_TRUE(sent_all(upstream));
  std::string all = client.read_to_close();
  EXPECT_FALSE(client.was_reset());
  EXPECT_TRUE(std::string_view(all).substr(all.find("\r\n\r\n") + 4) == big_body());
}

struct Unbuffered {
  const char* settings;
  const char* fields;
};
void PrintTo(const Unbuffered& setting, std::ostream* out) { *out << setting.settings << setting.fields; }

struct SlowReaderOfAnUnbufferedResponse : ::testing::TestWithParam<Unbuffered> {};

TEST_P(SlowReaderOfAnUnbufferedResponse, KeepsTheUpstreamWaiting) {
  FakeUpstream upstream(serves("length", GetParam().fields));
  ProxyUnderTest proxy(slow_config("server " + upstream.address() + ";", GetParam().settings));
  SlowClient client(proxy);
  client.send(big_request);
  EXPECT_TRUE(is_held(upstream));
  auto response = client.read_big();
  ASSERT_TRUE(response);
  EXPECT_TRUE(response->body == big_body());
  EXPECT_EQ(proxy.error_log().find("temporary file"), std::string::npos);
}
INSTANTIATE_TEST_SUITE_P(BySettingByFieldByItsTypeAndByItsFileLimit, SlowReaderOfAnUnbufferedResponse,
                         ::testing::Values(Unbuffered{"proxy_buffering off;", ""},
                                           Unbuffered{"", "X-Accel-Buffering: no\r\n"},
                                           Unbuffered{"", "Content-Type: text/event-stream\r\n"},
                                           Unbuffered{"proxy_max_temp_file_size 0;", ""}));

struct SlowReaderOfABufferedResponse : ::testing::TestWithParam<Unbuffered> {};

TEST_P(SlowReaderOfABufferedResponse, FreesTheUpstream) {
  FakeUpstream upstream(serves("length", GetParam().fields));
  ProxyUnderTest proxy(slow_config("server " + upstream.address() + ";", GetParam().settings));
  SlowClient client(proxy);
  client.send(big_request);
  EXPECT_TRUE(sent_all(upstream));
  auto response = client.read_big();
  ASSERT_TRUE(response);
  EXPECT_TRUE(response->body == big_body());
}
INSTANTIATE_TEST_SUITE_P(ByFieldByIgnoringOneByMemoryAndUnderARate, SlowReaderOfABufferedResponse,
                         ::testing::Values(Unbuffered{"proxy_buffering off;", "X-Accel-Buffering: yes\r\n"},
                                           Unbuffered{"proxy_ignore_headers X-Accel-Buffering;", "X-Accel-Buffering: no\r\n"},
                                           Unbuffered{"proxy_buffers 64 1m; proxy_max_temp_file_size 0;", ""},
                                           Unbuffered{"limit_rate 100m;", ""}));

TEST(FileLimit, StopsTheReadingUntilTheClientHasTakenTheFile) {
  FakeUpstream upstream(serves("length"));
  ProxyUnderTest proxy(slow_config("server " + upstream.address() + ";", "proxy_max_temp_file_size 1m;"));
  SlowClient client(proxy);
  client.send(big_request);
  EXPECT_TRUE(is_held(upstream));
  EXPECT_TRUE(proxy.wait_for_log("buffered to a temporary file"));
  auto response = client.read_big();
  ASSERT_TRUE(response);
  EXPECT_TRUE(response->body == big_body());
}

TEST(TemporaryPath, ThatCannotBeWrittenCostsTheReadAheadAndNotTheResponse) {
  FakeUpstream upstream(serves("length"));
  ProxyUnderTest proxy(slow_config("server " + upstream.address() + ";", "proxy_temp_path @dir@/temp;"));
  ::rmdir((proxy.directory() + "/temp").c_str());
  SlowClient client(proxy);
  client.send(big_request);
  EXPECT_TRUE(is_held(upstream));
  EXPECT_TRUE(proxy.wait_for_log("to a temporary file failed"));
  auto response = client.read_big();
  ASSERT_TRUE(response);
  EXPECT_TRUE(response->body == big_body());
}

TEST(LeavingClient, EndsTheReadingFromTheUpstream) {
  FakeUpstream upstream([](const UpstreamRequest&) {
    return Actions{Action::send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1700000\r\n" + big_body().substr(0, 0x1700000) + "\r\n"),
                   Action::read_to_close()};
  });
  ProxyUnderTest proxy(slow_config("server " + upstream.address() + ";"));
  SlowClient client(proxy);
  client.send(big_request);
  ASSERT_TRUE(could_send(upstream, 0x1700000));
  client.reset();
  EXPECT_TRUE(upstream.wait_until([&] { return upstream.connections_open() == 0; }));
  EXPECT_FALSE(log_line(proxy, "GET /big|").empty());
}

TEST(LeavingClient, EndsTheDrainingOfAWholeResponse) {
  FakeUpstream upstream(serves("length"));
  ProxyUnderTest proxy(slow_config("server " + upstream.address() + "; keepalive 4;"));
  SlowClient client(proxy);
  client.send(big_request);
  ASSERT_TRUE(sent_all(upstream));
  client.reset();
  EXPECT_FALSE(log_line(proxy, "GET /big|").empty());
  EXPECT_EQ(ask(proxy, request_text("GET", "/other")).body, "small");
}

TEST(UpstreamThatFailsOnTheWay, LeavesTheSlowClientWhatItSentAndNoProperEnd) {
  constexpr std::size_t part = 16 << 20;
  FakeUpstream upstream([](const UpstreamRequest&) {
    std::string response = ok_response(big_body());
    response.resize(part);
    return Actions{Action::send(response), Action::close()};
  });
  ProxyUnderTest proxy(slow_config("server " + upstream.address() + ";"));
  SlowClient client(proxy);
  client.send(big_request);
  EXPECT_TRUE(proxy.wait_for_log("upstream prematurely closed connection"));
  EXPECT_EQ(upstream.connections_open(), 0);
  std::string all = client.read_to_close();
  EXPECT_GT(all.size(), part);  // the proxy's head is longer than the upstream's
  EXPECT_LT(all.size(), part + 1000);
  EXPECT_TRUE(client.closed());
}

constexpr std::size_t event_size = 0x2800000;

/// Whether the server has events buffered: else a slow client holds it.
struct EventStream : ::testing::TestWithParam<bool> {};

TEST_P(EventStream, ReachesAClientAtOnceAlsoAfterItWasSlow) {
  auto was_read = std::make_shared<Event>();
  const std::string buffering = GetParam() ? "X-Accel-Buffering: yes\r\n" : "";
  FakeUpstream upstream([=](const UpstreamRequest&) {
    Actions actions = in_steps("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + buffering +
                               "Transfer-Encoding: chunked\r\n\r\n" + "2800000\r\n" + big_body().substr(0, event_size) + "\r\n");
    for (const Action& last : {Action::wait(was_read), Action::send("5\r\nhello\r\n"), Action::read_to_close()})
      actions.push_back(last);
    return actions;
  });
  ProxyUnderTest proxy(slow_config("server " + upstream.address() + ";"));
  SlowClient client(proxy);
  client.send(big_request);
  const bool is_as_said =
      GetParam() ? could_send(upstream, event_size) : is_held(upstream) && upstream.bytes_sent() < event_size;
  ASSERT_TRUE(is_as_said);
  while (client.unread().size() < event_size && client.read_some(patience)) continue;
  was_read->set();
  while (client.unread().find("hello", event_size) == std::string::npos && client.read_some(patience)) continue;
  EXPECT_NE(client.unread().find("\r\n5\r\nhello\r\n"), std::string::npos);
}
INSTANTIATE_TEST_SUITE_P(BufferedOrNot, EventStream, ::testing::Bool());

TEST(StoppingProxy, EndsWhileAClientIsBehind) {
  FakeUpstream upstream(serves("length"));
  ProxyUnderTest proxy(slow_config("server " + upstream.address() + ";"));
  SlowClient client(proxy);
  client.send(big_request);
  ASSERT_TRUE(sent_all(upstream));
  EXPECT_EQ(proxy.stop(SIGTERM), 0);
}

}  // namespace
}  // namespace drishti::testing
