// How connections of HTTP/2 end: that nothing is lost, and that nobody stays who should not.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/scenarios/http2_support.hpp"

namespace drishti::testing {
namespace {

TEST(Http2, KeepaliveRequestsEndTheConnectionWithoutLosingOne) {
  FakeUpstream upstream(answers("x"));
  ProxyUnderTest proxy(h2_config(upstream, {}, "keepalive_requests 3;\n"));
  Http2Client client(proxy.port());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.wait(client.request("/here")).body, "here");
  EXPECT_EQ(client.wait_for_goaway(), std::optional<std::uint32_t>(h2::no_error));
  EXPECT_TRUE(client.wait_for_close());
}

TEST(Http2, AStopServesWhatIsInProgressAndSaysGoaway) {
  auto event = std::make_shared<Event>();
  auto begun = std::make_shared<Event>();
  FakeUpstream upstream([=](const UpstreamRequest&) {
    begun->set();
    return Actions{Action::wait(event), Action::send(ok_response("late"))};
  });
  ProxyUnderTest proxy(h2_config(upstream));
  Http2Client idle(proxy.port());
  ASSERT_TRUE(idle.ping());
  Http2Client client(proxy.port());
  const std::uint32_t stream = client.request("/");
  ASSERT_TRUE(begun->wait());
  proxy.send_signal(SIGQUIT);
  EXPECT_EQ(idle.wait_for_goaway(), std::optional<std::uint32_t>(h2::no_error));
  EXPECT_TRUE(idle.wait_for_close());
  EXPECT_EQ(client.wait_for_goaway(), std::optional<std::uint32_t>(h2::no_error));
  event->set();
  EXPECT_EQ(client.wait(stream).body, "late");
  EXPECT_TRUE(client.wait_for_close());
}

/// Takes little into its socket, and sends no more than it is told to.
struct SlowClient {
  explicit SlowClient(const ProxyUnderTest& under_test) : proxy(under_test), client(proxy.port(), h2::setting(4, 1 << 24)) {
    const int little = 16 << 10;
    ::setsockopt(client.raw().fd(), SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
    client.send_frame(h2::window_update, 0, 0, h2::number(1 << 24));
  }
  /// The rest, whose windows it opens before it reads it, as clients do.
  std::size_t read_all(std::uint32_t stream) {
    client.send_frame(h2::window_update, 0, stream, h2::number(1));
    client.send_frame(h2::window_update, 0, 0, h2::number(1));
    return client.wait(stream).body.size();
  }
  const ProxyUnderTest& proxy;
  Http2Client client;
};

std::string slow_config(const std::string& server) {
  return http_config("log_format h2 '$request_uri';\naccess_log @dir@/h2.log h2;\nhttp2 on;\n"
                     "server { listen 127.0.0.1:@port@;\n" + server + "location / { root @dir@/files; } }");
}

/// PATH of so many bytes.
std::string make_file(const ProxyUnderTest& proxy, std::size_t size) {
  std::filesystem::create_directory(proxy.directory() + "/files");
  const std::string path = "/" + std::to_string(size);
  std::ofstream(proxy.directory() + "/files" + path) << std::string(size, 'x');
  return path;
}

/// Whether HOLDS comes true while the proxy has some time for it.
template <class Holds>
bool soon(Holds holds) {
  for (auto end = std::chrono::steady_clock::now() + milliseconds(400); std::chrono::steady_clock::now() < end;
       std::this_thread::sleep_for(milliseconds(2)))
    if (holds()) return true;
  return false;
}

/// A connection's last answer, of so many bytes, for a client that does not read. False: it does not fit into what holds it
/// between proxy and client. Else it comes whole.
bool takes_last_answer(const ProxyUnderTest& proxy, std::size_t size, bool has_goaway) {
  const std::string path = make_file(proxy, size);
  SlowClient slow(proxy);
  const std::uint32_t stream = slow.client.request(path);
  if (has_goaway) slow.client.wait_for_goaway();
  if (!soon([&] { return proxy.read("h2.log").find(path + "\n") != std::string::npos; })) return false;
  for (int i = 0; i < 20; ++i) get(proxy.port(), "/none");  // there is time enough for what ends the connection
  EXPECT_EQ(slow.read_all(stream), size);
  return true;
}

/// Up to the largest that fits: its end is in the proxy's own buffer.
void expect_last_answers_whole(const ProxyUnderTest& proxy, bool has_goaway) {
  std::size_t fits = 0, large = 16 << 20;
  while (large - fits > 6 << 10) {
    const std::size_t size = (fits + large) / 2;
    (takes_last_answer(proxy, size, has_goaway) ? fits : large) = size;
  }
  EXPECT_GT(fits, 0U);
}

TEST(Http2, TheLastAnswerOfAConnectionComesWholeToASlowClient) {
  ProxyUnderTest proxy(slow_config("keepalive_requests 1;\n"));
  expect_last_answers_whole(proxy, true);
}

TEST(Http2, AnAnswerComesWholeToAClientThatIsSlowerThanKeepaliveTimeout) {
  ProxyUnderTest proxy(slow_config("keepalive_timeout 1ms;\n"));
  expect_last_answers_whole(proxy, false);
}

TEST(Http2, AStopWaitsForWhatASlowClientHasNotTaken) {
  ProxyUnderTest proxy(slow_config({}));
  const std::size_t size = 200 << 10;
  const std::string path = make_file(proxy, size);
  SlowClient slow(proxy);
  const std::uint32_t stream = slow.client.request(path);
  ASSERT_TRUE(soon([&] { return proxy.read("h2.log").find(path) != std::string::npos; }));
  proxy.send_signal(SIGQUIT);
  EXPECT_FALSE(soon([&] { return !proxy.is_running(); }));
  EXPECT_EQ(slow.read_all(stream), size);
  EXPECT_EQ(proxy.wait_for_exit(), 0);
}

/// Whether GOAWAY comes that names the last stream.
bool is_sent_away(Http2Client& client) {
  for (auto end = std::chrono::steady_clock::now() + patience; std::chrono::steady_clock::now() < end;) {
    client.read_for(milliseconds(10));
    if (client.goaway() && client.goaway_last_stream() != 0x7fffffff) return true;
  }
  return false;
}

/// A client that does not answer PING has a request under way: it is answered, and no other.
void expect_no_new_streams(ProxyUnderTest& proxy, Event& begun, Event& end, int signal) {
  Http2Client client(proxy.port());
  client.acknowledges = false;
  const std::uint32_t stream = client.request("/wait");
  ASSERT_TRUE(begun.wait());
  if (signal != 0) proxy.send_signal(signal);
  ASSERT_TRUE(is_sent_away(client));
  const std::uint32_t late = client.request("/here");
  EXPECT_TRUE(client.ping());
  EXPECT_EQ(client.seen(late).status, 0);
  end.set();
  EXPECT_EQ(client.wait(stream).body, "late");
  EXPECT_TRUE(client.wait_for_close());
}

TEST(Http2, AClientThatDoesNotConfirmIsSentAwayAllTheSame) {
  for (const int signal : {0, SIGQUIT}) {
    auto begun = std::make_shared<Event>();
    auto end = std::make_shared<Event>();
    FakeUpstream upstream([=](const UpstreamRequest&) {
      begun->set();
      return Actions{Action::wait(end), Action::send(ok_response("late"))};
    });
    ProxyUnderTest proxy(h2_config(upstream, {}, signal == 0 ? "keepalive_requests 1;\n" : ""));
    expect_no_new_streams(proxy, *begun, *end, signal);
  }
}

}  // namespace
}  // namespace drishti::testing
