#include "upstream/health_exchange.hpp"

#include <algorithm>
#include <cerrno>

#include "net/os_error.hpp"
#include "http/http2_request.hpp"
#include "upstream/grpc_health.hpp"
#include "upstream/http2_client.hpp"
#include "upstream/upstream_handshake.hpp"

namespace drishti::upstream {
namespace {

using std::chrono::milliseconds;

constexpr int most_interim_responses = 10;  // threat R07
constexpr std::size_t read_size = 4096;
constexpr std::string_view connecting = "while connecting to upstream";
constexpr std::string_view sending = "while sending request to upstream";
constexpr std::string_view reading = "while reading response from upstream";

std::string text_of(const net::IoResult& result) {
  switch (result.status) {
    case net::IoStatus::timeout: return net::errno_text(ETIMEDOUT);
    case net::IoStatus::eof: return "upstream prematurely closed connection";
    case net::IoStatus::cancelled: return "cancelled";
    default: return net::errno_text(result.error);
  }
}

}  // namespace

HealthExchange::HealthExchange(net::Reactor& reactor, CheckConnection& connection, const conf::HealthCheck& check,
                               SocketAddress address, std::shared_ptr<const tls::ClientContext> tls)
    : reactor_(reactor),
      connection_(connection),
      check_(check),
      address_(std::move(address)),
      target_{std::move(tls), check.tls_name, {}, {}},
      deadline_(reactor.clock().now() + std::max(check.interval, least_check_time)) {
  if (check.port) address_.set_port(*check.port);
}

net::Task<CheckOutcome> HealthExchange::run() {
  if (check_.type == conf::HealthCheck::Type::tcp) {
    outcome_.passed = co_await connect();
    if (outcome_.passed) outcome_.reason = "connected";
    connection_.stream.close();
    co_return std::move(outcome_);
  }
  const bool is_kept = take_kept();
  Step step = Step::stale;
  if (is_kept) step = co_await ask(true);
  if (step == Step::stale) {  // a kept connection that the peer closed meanwhile says nothing about its health
    outcome_ = {};
    const bool is_connected = co_await connect();
    step = Step::failed;
    if (is_connected && check_.type == conf::HealthCheck::Type::grpc) step = co_await ask_grpc();
    else if (is_connected && check_.http2) step = co_await ask_http2();
    else if (is_connected) step = co_await ask(false);
  }
  outcome_.passed = step == Step::done;
  if (!outcome_.passed) connection_.stream.close();
  co_return std::move(outcome_);
}

bool HealthExchange::take_kept() {
  if (!connection_.stream.is_open()) return false;
  const bool is_young = reactor_.clock().now() - connection_.created < check_.keepalive_time;
  if (is_young && connection_.is_used && !connection_.stream.channel().maybe_readable()) return true;
  connection_.stream.close();
  return false;
}

milliseconds HealthExchange::time_for(milliseconds step) const {
  const auto left = std::chrono::duration_cast<milliseconds>(deadline_ - reactor_.clock().now());
  return std::max(milliseconds{1}, std::min(step, left));
}

void HealthExchange::fail(std::string_view step, const net::IoResult& result) { fail(step, text_of(result)); }
void HealthExchange::fail(std::string_view step, std::string reason) {
  outcome_.step = step;
  outcome_.reason = std::move(reason);
}

/// The first bytes of a new connection: its socket always has room for them.
bool HealthExchange::send_preface() {
  if (check_.preface.empty()) return true;
  const iovec bytes{const_cast<char*>(check_.preface.data()), check_.preface.size()};
  const net::IoResult sent = connection_.stream.try_write(&bytes, 1);
  if (!sent.ok()) fail(sending, sent);
  return sent.ok();
}

net::Task<bool> HealthExchange::connect() {
  connection_.stream.close();
  connection_.created = reactor_.clock().now();
  connection_.is_used = false;
  const net::IoResult result =
      co_await net::connect(reactor_, connection_.stream, address_, nullptr, time_for(check_.connect_timeout));
  if (!result.ok()) fail(connecting, result);
  bool is_connected = result.ok() && send_preface();
  if (is_connected && target_) is_connected = co_await shake_hands();
  co_return is_connected;
}

net::Task<bool> HealthExchange::shake_hands() {
  const HandshakeResult shaken = co_await upstream::shake_hands(connection_.stream, target_, address_.text(), nullptr,
                                                                time_for(check_.connect_timeout));
  if (!shaken.ok()) fail(connecting, shaken.reason);
  co_return shaken.ok();
}

net::Task<HealthExchange::Step> HealthExchange::ask(bool is_kept) {
  iovec request{const_cast<char*>(check_.request.data()), check_.request.size()};
  const net::IoResult sent = co_await connection_.stream.write_all({&request, 1}, time_for(check_.send_timeout));
  if (!sent.ok()) {
    fail(sending, sent);
    co_return is_kept ? Step::stale : Step::failed;
  }
  const Step step = co_await read_head();
  if (step == Step::failed && is_kept && buffer_.empty() && reactor_.clock().now() < deadline_) co_return Step::stale;
  if (step != Step::done) co_return step;
  if (auto wrong = find_head_mismatch(check_.match.get(), head_)) {
    fail(wrong->step, std::move(wrong->reason));
    co_return Step::failed;
  }
  outcome_.reason = "status " + std::to_string(head_.status);
  const bool needs_body = check_.match != nullptr && !check_.match->bodies.empty();
  if (!needs_body && check_.keepalive_time.count() == 0) {
    connection_.stream.close();
    co_return Step::done;
  }
  const bool is_complete = co_await read_body();
  if (needs_body) {
    if (!is_complete && body_.size() < most_check_body) co_return Step::failed;
    if (judge_body() == Step::failed) co_return Step::failed;
  }
  keep_or_close(is_complete);
  co_return Step::done;
}

HealthExchange::Step HealthExchange::judge_body() {
  auto wrong = find_body_mismatch(*check_.match, body_);
  if (!wrong) return Step::done;
  fail(wrong->step, std::move(wrong->reason));
  return Step::failed;
}

namespace {

/// The exchange itself looks for output and ends.
struct NobodyToTell final : Http2Client::Owner {
  void has_output() override {}
  void stream_ended() override {}
};

}  // namespace

/// Sends what there is to send, takes what comes.
net::Task<bool> HealthExchange::exchange_frames(Http2Client& client) {
  std::string output;
  const bool is_good = client.write(output, ~std::size_t{0});
  iovec piece{output.data(), output.size()};
  net::IoResult result;
  if (!output.empty()) result = co_await connection_.stream.write_all({&piece, 1}, time_for(check_.send_timeout));
  if (!result.ok() || !is_good) {
    fail(sending, result);
    co_return false;
  }
  buffer_.clear();
  result = co_await read_more();
  if (!result.ok()) fail(reading, result);
  else if (!client.take(buffer_, reactor_.clock().now())) fail(reading, client.error());
  else if (client.is_over()) fail(reading, "upstream sent invalid HTTP/2");
  else co_return true;
  co_return false;
}

net::Task<HealthExchange::Step> HealthExchange::ask_http2() {
  NobodyToTell nobody;
  net::BufferPool buffers;
  Http2Stream stream(reactor_, buffers, http::Method::get, check_.buffer_size);
  Http2Client client(nobody, reactor_.clock().now());
  http::Http2Request request;
  http::make_http2_request(check_.request, target_ ? "https" : "http", false, request);
  if (!client.submit(stream, request.fields, false)) {
    fail(sending, "HTTP/2 failed");
    co_return Step::failed;
  }
  bool is_good = true;
  while (is_good && stream.end() == StreamEnd::open && body_.size() < most_check_body) {
    is_good = co_await exchange_frames(client);
    const std::size_t before = body_.size();
    body_.resize(before + Http2Stream::window);
    body_.resize(before + stream.read({body_.data() + before, Http2Stream::window}).bytes);
  }
  connection_.stream.close();
  if (!is_good && stream.end() != StreamEnd::complete) co_return Step::failed;
  if (!stream.has_head()) {
    fail(reading, "upstream sent invalid header");
    co_return Step::failed;
  }
  stream.take_head(head_);
  if (auto wrong = find_head_mismatch(check_.match.get(), head_)) {
    fail(wrong->step, std::move(wrong->reason));
    co_return Step::failed;
  }
  outcome_.reason = "status " + std::to_string(head_.status);
  if (check_.match == nullptr || check_.match->bodies.empty()) co_return Step::done;
  co_return judge_body();
}

net::Task<HealthExchange::Step> HealthExchange::ask_grpc() {
  GrpcHealthCall call(check_.request, check_.grpc_service, target_ ? "https" : "http");
  while (!call.is_done()) {
    std::string output = call.output();  // may be empty: half a frame came
    iovec piece{output.data(), output.size()};
    net::IoResult sent;
    if (!output.empty()) sent = co_await connection_.stream.write_all({&piece, 1}, time_for(check_.send_timeout));
    if (!sent.ok()) {
      fail(sending, sent);
      co_return Step::failed;
    }
    const net::IoResult got = co_await read_more();
    if (!got.ok()) {
      fail(reading, got);
      co_return Step::failed;
    }
    if (!call.take(buffer_)) {
      fail(reading, "upstream sent invalid HTTP/2");
      co_return Step::failed;
    }
    buffer_.clear();
  }
  connection_.stream.close();
  outcome_.reason = call.result();
  if (call.is_wanted(check_.grpc_status)) co_return Step::done;
  fail("while checking gRPC status", call.result());
  co_return Step::failed;
}

net::Task<net::IoResult> HealthExchange::read_more() {
  const std::size_t before = buffer_.size();
  buffer_.resize(before + read_size);
  const net::IoResult result =
      co_await connection_.stream.read_some({buffer_.data() + before, read_size}, time_for(check_.read_timeout));
  buffer_.resize(before + (result.ok() ? result.bytes : 0));
  if (result.ok() && reactor_.clock().now() >= deadline_) co_return net::IoResult{net::IoStatus::timeout, 0, 0};
  co_return result;
}

net::Task<HealthExchange::Step> HealthExchange::read_head() {
  http::HeadLimits limits;
  limits.line = limits.total = check_.buffer_size;
  limits.fields = 1000;
  limits.underscores = true;
  for (int interim = 0; interim <= most_interim_responses; ++interim) {
    parser_.start(limits, http::Method::get, head_);
    http::ParseState state;
    while ((state = parser_.parse(buffer_)) == http::ParseState::need_more) {
      const net::IoResult result = co_await read_more();
      if (result.ok()) continue;
      fail(reading, result);
      co_return Step::failed;
    }
    if (state == http::ParseState::rejected || head_.status == 101) break;
    if (head_.status >= 200) co_return Step::done;
    buffer_.erase(0, parser_.head_size());
  }
  fail(reading, "upstream sent invalid header");
  co_return Step::failed;
}

// The head's fields point into buffer_: they were looked at before.
net::Task<bool> HealthExchange::read_body() {
  http::BodyDecoder decoder;
  decoder.start(head_.body);
  buffer_.erase(0, parser_.head_size());
  for (;;) {
    std::size_t used = 0;
    while (!decoder.done() && decoder.reject() == http::Reject::none) {
      const auto step = decoder.decode(std::string_view(buffer_).substr(used));
      if (step.consumed == 0) break;
      used += step.consumed;
      body_.append(step.data.substr(0, most_check_body - body_.size()));
    }
    buffer_.erase(0, used);
    if (decoder.done()) co_return true;
    if (decoder.reject() != http::Reject::none) {
      fail(reading, "upstream sent an invalid body");
      co_return false;
    }
    if (body_.size() >= most_check_body) co_return false;
    const net::IoResult result = co_await read_more();
    if (result.status == net::IoStatus::eof && decoder.on_eof()) co_return true;
    if (result.ok()) continue;
    fail(reading, result);
    co_return false;
  }
}

void HealthExchange::keep_or_close(bool is_clean) {
  const bool is_kept = is_clean && check_.keepalive_time.count() > 0 && head_.keep_alive && buffer_.empty() &&
                       head_.body.kind != http::BodyKind::until_close;
  if (is_kept) connection_.is_used = true;
  else connection_.stream.close();
}

}  // namespace drishti::upstream
