#pragma once
// One health check of one peer: connect, ask, read, compare; under deadlines and limits, since the peer may be sick in any
// way. Runs on a reactor's thread.

#include <string>
#include <string_view>

#include "conf/config.hpp"
#include "http/body_decoder.hpp"
#include "http/head_parser.hpp"
#include "net/stream.hpp"
#include "tls/client_context.hpp"
#include "upstream/health_match.hpp"

namespace drishti::upstream {

class Http2Client;

/// A connection that checks of one peer use one after the other.
struct CheckConnection {
  net::Stream stream;
  net::Clock::Steady created{};
  bool is_used = false;  ///< a check ended well on it
};

struct CheckOutcome {
  bool passed = false;
  std::string_view step;  ///< where it failed: `while connecting to upstream`
  std::string reason;     ///< `status 200`; or why it failed: `111: Connection refused`
};

/// The whole check may take its interval, but at least this long.
inline constexpr std::chrono::milliseconds least_check_time{1000};
/// Of a body this much is looked at.
inline constexpr std::size_t most_check_body = 256 << 10;

class HealthExchange {
 public:
  /// CONNECTION is kept after the check when CHECK allows it and the response ended cleanly; else closed.
  /// TLS: the context of a check that has one.
  HealthExchange(net::Reactor& reactor, CheckConnection& connection, const conf::HealthCheck& check,
                 SocketAddress address, std::shared_ptr<const tls::ClientContext> tls = nullptr);
  net::Task<CheckOutcome> run();

 private:
  enum class Step : std::uint8_t { done, failed, stale };
  bool take_kept();
  std::chrono::milliseconds time_for(std::chrono::milliseconds step) const;
  void fail(std::string_view step, const net::IoResult& result);
  void fail(std::string_view step, std::string reason);
  net::Task<bool> connect();
  bool send_preface();
  net::Task<Step> ask(bool is_kept);
  net::Task<Step> ask_grpc();
  net::Task<Step> ask_http2();
  net::Task<bool> exchange_frames(Http2Client& client);
  net::Task<bool> shake_hands();
  Step judge_body();
  net::Task<Step> read_head();
  net::Task<bool> read_body();
  net::Task<net::IoResult> read_more();
  void keep_or_close(bool is_clean);

  net::Reactor& reactor_;
  CheckConnection& connection_;
  const conf::HealthCheck& check_;
  SocketAddress address_;
  tls::ClientTarget target_;
  net::Clock::Steady deadline_;
  std::string buffer_;
  http::ResponseParser parser_;
  http::ResponseHead head_;
  std::string body_;
  CheckOutcome outcome_;
};

}  // namespace drishti::upstream
