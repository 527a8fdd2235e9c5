#pragma once
// A loop, and what clients and stores need beside it.

#include <gtest/gtest.h>
#include <signal.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cache/redis/client.hpp"
#include "cache/redis/command.hpp"
#include "cache/redis/invalidation.hpp"
#include "cache/redis/redis_store.hpp"
#include "net/asio_reactor.hpp"
#include "tests/redis/redis_process.hpp"
#include "tests/support/patience.hpp"

namespace drishti::cache::redis::testing {

using std::chrono::milliseconds;

class RecordedLog : public net::ErrorLog {
 public:
  bool enabled(conf::LogLevel) const override { return true; }
  void write(conf::LogLevel, std::uint64_t, std::string_view message) override { text.append(message).append("\n"); }
  bool has(std::string_view part) const { return text.find(part) != std::string::npos; }
  std::string text;
};

struct LoopTest : ::testing::Test {
  boost::asio::io_context io{1};
  net::AsioReactor reactor{io};
  RecordedLog log;
  RedisMetrics metrics;
  Resolve resolve;

  LoopTest() { ::signal(SIGPIPE, SIG_IGN); }  // as the program does
  ~LoopTest() override { io.run_for(milliseconds(5)); }

  ClientServices services() { return {reactor, log, metrics, resolve}; }

  /// Turns the loop until DONE or MOST passed.
  bool until(const std::function<bool()>& done, milliseconds most = drishti::testing::patience) {
    const auto end = std::chrono::steady_clock::now() + most;
    io.restart();
    bool is_done = false;
    while (!(is_done = done()) && std::chrono::steady_clock::now() < end) {
      reactor.clock().update();
      io.run_one_for(milliseconds(10));
    }
    return is_done;
  }
  void turn_for(milliseconds time) { until([] { return false; }, time); }

  template <class T>
  T wait_for(net::Task<T> task) {
    std::optional<T> result;
    reactor.clock().update();
    net::spawn(keep(std::move(task), result));
    EXPECT_TRUE(until([&] { return result.has_value(); }));
    return std::move(*result);
  }
  void wait_for(net::Task<void> task) {
    bool done = false;
    reactor.clock().update();
    net::spawn(note(std::move(task), done));
    EXPECT_TRUE(until([&] { return done; }));
  }
  template <class T>
  static net::Task<void> keep(net::Task<T> task, std::optional<T>& result) {
    result.emplace(co_await std::move(task));
  }
  static net::Task<void> note(net::Task<void> task, bool& done) {
    co_await std::move(task);
    done = true;
  }

  std::uint64_t errors(ErrorKind kind) const { return metrics.errors_of(kind); }
};

inline RedisUrl parsed(const std::string& text) {
  const ParsedUrl result = parse_redis_url(text);
  EXPECT_TRUE(result.url.has_value()) << result.error;
  return result.url.value_or(RedisUrl{});
}

/// A client that is stopped, and whose loop turns once more, before the test's loop goes.
struct ClientTest : LoopTest {
  std::unique_ptr<Client> client;

  void TearDown() override {
    if (client) client->stop();
    turn_for(milliseconds(1));
  }
  void connect(const std::string& url, bool wait = true) {
    if (client) client->stop();
    client = make_client(parsed(url), services());
    client->start();
    if (wait) {
      EXPECT_TRUE(until([&] { return client->is_available(); })) << log.text;
    }
  }
  CallResult run(const std::vector<std::string>& words, milliseconds allowance = {}) {
    const std::vector<std::string_view> views(words.begin(), words.end());
    std::string text;
    append_command(text, views);
    return wait_for(client->call(words.size() > 1 ? words[1] : "", text, allowance));
  }
};

}  // namespace drishti::cache::redis::testing
