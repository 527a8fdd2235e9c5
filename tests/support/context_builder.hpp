#pragma once
// A request in a configured server, as the connection would hand it to the filters, without any socket.

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conf/analyser.hpp"
#include "conf/readers.hpp"
#include "context/request_context.hpp"
#include "http/head_parser.hpp"
#include "http/uri.hpp"

namespace drishti::tests {

/// Collects what would go to the error log.
class RecordedErrorLog : public net::ErrorLog {
 public:
  bool enabled(conf::LogLevel) const override { return true; }
  void write(conf::LogLevel, std::uint64_t, std::string_view message) override { lines.emplace_back(message); }
  std::vector<std::string> lines;
};

/// The configuration `http { HTTP_LEVEL server { listen 80; server_name example.com; SERVER_LEVEL } }` and one request.
class TestRequest {
 public:
  explicit TestRequest(const std::string& server_level, const std::string& http_level = {}) : context(clock) {
    const std::string text = "events {} http { " + http_level + " server { listen 80; server_name example.com; " +
                             server_level + " } }";
    conf::AnalyserOptions options;
    options.prefix = "/srv/prefix/";
    config_ = conf::analyse(conf::read_nginx_text(text, "test.conf"), options);
    clock.set(net::Clock::Steady{} + std::chrono::seconds(1000), 784111777'123);  // Sun, 06 Nov 1994 08:49:37.123 GMT
    connection.id = 7;
    connection.accepted_at = clock.now() - std::chrono::milliseconds(2500);
    connection.remote = *SocketAddress::from_ip("192.0.2.1", 40000);
    connection.local = *SocketAddress::from_ip("127.0.0.1", 80);
    connection.remote_text = "192.0.2.1";
    get("/");
  }

  /// Takes a GET for TARGET with these field lines (each ending in \r\n) and chooses a location.
  TestRequest& get(const std::string& target, const std::string& fields = {}) {
    return send("GET " + target + " HTTP/1.1\r\nHost: example.com\r\n" + fields + "\r\n");
  }

  TestRequest& send(const std::string& head) {
    context.reset();
    raw_ = std::make_unique<std::string>(head);
    parser_.start({}, context.head);
    EXPECT_EQ(parser_.parse(*raw_), http::ParseState::done) << head;
    take_target();
    context.error_log = &error_log;
    context.connection = &connection;
    context.request_number = 3;
    context.config = config_.get();
    context.server = config_->servers.front().get();
    context.started_at = clock.now() - std::chrono::milliseconds(42);
    context.method = context.head.method;
    context.method_text = context.head.method_text;
    context.host = context.arena.copy(context.head.host);
    context.location = find(context.server->root->children);
    if (context.location == nullptr) context.location = context.server->root.get();
    if (context.location->proxy_pass) {
      context.proxy_host = context.location->proxy_pass->proxy_host;
      context.proxy_port = context.location->proxy_pass->proxy_port;
    }
    return *this;
  }

  /// The location with this pattern, nested ones too.
  TestRequest& in(std::string_view pattern) {
    context.location = by_pattern(context.server->root->children, pattern);
    if (context.location == nullptr) throw std::invalid_argument("no such location in the test's configuration");
    return *this;
  }

  const conf::Config& config() const { return *config_; }

  net::Clock clock;
  RecordedErrorLog error_log;
  context::ConnectionInfo connection;
  context::RequestContext context;

 private:
  using Locations = std::vector<std::shared_ptr<conf::Location>>;

  void take_target() {
    http::NormalizedTarget target;
    char* scratch = context.arena.allocate(context.head.target.size() + 1);
    EXPECT_EQ(http::normalize_target(context.head.target, true, scratch, target), http::UriError::none);
    context.uri = target.path;
    context.args = target.args;
  }

  /// The longest prefix: enough for these tests, which name a location when they mean another.
  const conf::Location* find(const Locations& locations) const {
    const conf::Location* best = nullptr;
    for (const auto& location : locations) {
      const bool is_prefix = location->kind != conf::Location::Kind::regex &&
                             location->kind != conf::Location::Kind::named &&
                             context.uri.starts_with(location->pattern);
      if (is_prefix && (best == nullptr || location->pattern.size() > best->pattern.size())) best = location.get();
    }
    return best;
  }

  static const conf::Location* by_pattern(const Locations& locations, std::string_view pattern) {
    for (const auto& location : locations) {
      if (location->pattern == pattern) return location.get();
      if (const auto* nested = by_pattern(location->children, pattern)) return nested;
    }
    return nullptr;
  }

  std::shared_ptr<const conf::Config> config_;
  std::unique_ptr<std::string> raw_;
  http::RequestParser parser_;
};

}  // namespace drishti::tests
