#include "server/http1_connection.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "server/head_limits.hpp"
#include "server/http2_connection.hpp"

namespace drishti::server {

using net::milliseconds;
using request::BodyPiece;
using request::SendStatus;

namespace {

constexpr std::uint64_t most_body_drained = 64 << 10;  // beyond that, closing is cheaper than reading (threat S33)

}  // namespace

Http1Connection::Http1Connection(Worker& worker, net::Stream stream, context::ConnectionInfo info, ConnectionServers servers)
    : worker_(worker), stream_(std::move(stream)), info_(std::move(info)), servers_(std::move(servers)) {
  worker_.link(*this);
}

Http1Connection::~Http1Connection() {
  if (state_) worker_.give_back(std::move(state_));
  worker_.unlink(*this);
}

void Http1Connection::start() {
  [](Http1Connection* self) -> net::Detached {
    co_await self->run();
    delete self;
  }(this);
}

// The socket is told only what it does not know: tcp_nodelay may differ from location to location.
void Http1Connection::set_no_delay(bool wanted) {
  if (no_delay_ == wanted || info_.local.is_unix() || !stream_.is_open()) return;
  no_delay_ = wanted;
  const int on = wanted ? 1 : 0;
  ::setsockopt(stream_.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void Http1Connection::close_if_idle() {
  stopping_ = true;
  if (idle_) stream_.channel().cancel();
}

void Http1Connection::close_now() {
  stopping_ = true;
  stream_.close();
  if (close_hook_) close_hook_(close_owner_);
}

void Http1Connection::configuration_changed() {
  if (!idle_) return servers_.check(worker_, info_.local);
  if (!servers_.update(worker_, info_.local) && info_.requests > 0) close_if_idle();
}

net::Task<void> Http1Connection::run() {
  while (!stopping_) {
    const bool pipelined = !in_.empty();
    bool has_request = co_await wait_for_request();
    if (!has_request) break;
    if (info_.requests == 0 && allows_http2()) {
      const bool is_http2 = co_await begins_with_preface();
      if (is_http2) co_return hand_over();
    }
    co_await serve_one(pipelined);
    if (aborted_ || !stream_.is_open()) break;
    if (tunnel_ || !keep_alive_) {
      co_await linger();
      break;
    }
  }
}

bool Http1Connection::allows_http2() {
  return servers_.table().protocols().http2 && !servers_.table().protocols().ssl;
}

// RFC 9113 3.3. No request of HTTP/1 begins with the first line of the preface; with TLS it is ALPN that decides.
net::Task<bool> Http1Connection::begins_with_preface() {
  constexpr std::string_view first_line = "PRI * HTTP/2.0\r\n";
  const auto deadline = worker_.services().clock().now() + servers_.default_server().client_header_timeout;
  for (;;) {
    const std::string_view begin = in_.readable().substr(0, first_line.size());
    if (!first_line.starts_with(begin)) co_return false;
    if (begin.size() == first_line.size()) co_return true;
    const auto left = std::chrono::ceil<milliseconds>(deadline - worker_.services().clock().now());
    if (left.count() <= 0) co_return false;
    const net::IoResult result = co_await stream_.read_some(in_.writable(), left);
    if (!result.ok()) co_return false;
    in_.produced(result.bytes);
  }
}

void Http1Connection::hand_over() {
  auto* connection = new Http2Connection(worker_, std::move(stream_), std::move(info_), std::move(servers_));
  connection->start(in_.readable());
}

/// 0 or less: none.
milliseconds Http1Connection::time_for_request(net::Clock::Steady begun) const {
  const conf::Server& server = servers_.default_server();
  if (info_.requests == 0) return worker_.time_left(begun, server.client_header_timeout);
  if (stopping_ || servers_.is_out_of_use() || worker_.is_draining()) return {};
  return std::chrono::ceil<milliseconds>(begun + *server.root->core.keepalive_timeout - worker_.services().clock().now());
}

// An idle client owns no buffer: memory is taken when there is something to read.
net::Task<bool> Http1Connection::wait_for_request() {
  if (!in_.empty()) co_return true;
  in_.release();
  idle_ = true;
  servers_.update(worker_, info_.local);
  const auto begun = worker_.services().clock().now();
  for (;;) {
    // A record without data, a KeyUpdate for example, gives no new time (threat L12).
    const milliseconds left = time_for_request(begun);
    net::Wake wake = net::Wake::ready;
    if (left.count() > 0) wake = co_await stream_.channel().readable(left);
    else stream_.channel().mark_readable();  // a last look: a request that is here is answered
    if (wake == net::Wake::cancelled && stream_.is_open()) continue;  // there is less time now
    if (wake != net::Wake::ready) co_return false;
    net::Buffer buffer = worker_.services().buffers.take(net::BufferPool::small);
    net::IoResult result = stream_.try_read(buffer.writable());
    if (!result.ok()) co_return false;
    if (result.bytes == 0) {
      if (left.count() <= 0 || stream_.channel().peer_closed()) co_return false;
      continue;
    }
    buffer.produced(result.bytes);
    in_ = std::move(buffer);
    idle_ = false;
    co_return true;
  }
}

net::Task<Http1Connection::HeadResult> Http1Connection::read_head(const conf::Server& server) {
  http::HeadLimits limits = head_limits_of(server);
  context::RequestContext& context = state_->context;
  in_.compact();
  state_->parser.start(limits, context.head);
  auto deadline = worker_.services().clock().now() + server.client_header_timeout;  // absolute: threat X01
  for (;;) {
    http::ParseState parsed = state_->parser.parse(in_.readable());
    if (parsed == http::ParseState::done) break;
    if (parsed == http::ParseState::rejected) co_return HeadResult::rejected;
    if (in_.writable().empty()) worker_.services().buffers.grow(in_, std::min(in_.capacity() * 4, limits.total + 4096));
    auto left = std::chrono::duration_cast<milliseconds>(deadline - worker_.services().clock().now());
    if (left.count() <= 0) co_return HeadResult::timeout;
    net::IoResult result = co_await stream_.read_some(in_.writable(), left);
    if (result.status == net::IoStatus::timeout) co_return HeadResult::timeout;
    if (!result.ok()) co_return HeadResult::gone;
    in_.produced(result.bytes);
  }
  context.request_length = state_->parser.head_size();
  in_.consumed(state_->parser.head_size());
  state_->decoder.start(context.head.body);
  co_return HeadResult::done;
}

net::Task<void> Http1Connection::serve_one(bool pipelined) {
  metrics::WorkerMetrics& counted = worker_.services().metrics;
  counted.requests_begun.add();
  state_ = worker_.take_state();
  servers_.update(worker_, info_.local);
  const request::GenerationRef& generation = servers_.generation();
  context::RequestContext& context = state_->context;
  context.connection = &info_;
  context.pipelined = pipelined;
  context.error_log = &worker_.services().error_log;
  context.config = generation->snapshot().config.get();
  context.user_variables.resize(context.config->variables.size());
  context.started_at = worker_.services().clock().now();
  context.request_number = ++info_.requests;
  idle_ = head_sent_ = close_after_ = chunked_ = bodyless_ = keep_alive_ = continue_sent_ = false;
  rate_.start();
  const conf::Server& server = servers_.default_server();
  context.server = &server;
  context.location = server.root.get();
  HeadResult result = co_await read_head(server);
  counted.heads_read.add();
  switch (result) {
    case HeadResult::gone: aborted_ = true; break;
    case HeadResult::done:
      co_await worker_.handler().handle(context, *this, *generation, servers_.table());
      if (keep_alive_ && !aborted_ && !tunnel_ && !body_done()) keep_alive_ = co_await finish_body();
      break;
    case HeadResult::timeout:
      state_->decoder.start({});
      co_await worker_.handler().refuse_status(408, context, *this, *generation, servers_.table());
      break;
    case HeadResult::rejected:
      state_->decoder.start({});
      context.log_error(conf::LogLevel::info,
                        "client sent " + std::string(http::reject_text(state_->parser.reject())));
      co_await worker_.handler().refuse(state_->parser.reject(), context, *this, *generation, servers_.table());
      break;
  }
  if (result == HeadResult::done && !aborted_) keep_unread_bytes();
  worker_.give_back(std::move(state_));
  counted.requests_ended.add();
}

// Bytes behind this request are the next one's beginning.
void Http1Connection::keep_unread_bytes() {
  if (in_.empty() && !state_->body_buffer.empty()) in_ = std::move(state_->body_buffer);
}

// What is left of a request's body is read away, so that it is never taken for the next request (threat S33).
net::Task<bool> Http1Connection::finish_body() {
  std::uint64_t drained = 0;
  const auto deadline = worker_.services().clock().now() + *state_->context.location->core.lingering_time;
  while (!body_done()) {
    if (worker_.services().clock().now() >= deadline) co_return false;
    BodyPiece body = co_await read_body();
    drained += body.data.size();
    bool goes_on = body.status == BodyPiece::Status::data || body.status == BodyPiece::Status::end;
    if (!goes_on || drained > most_body_drained) co_return false;
  }
  co_return true;
}

// Closing with unread bytes in the socket would send RST, which may destroy the response on its way (lingering_close).
net::Task<void> Http1Connection::linger() {
  const conf::CoreSettings& core = servers_.default_server().root->core;
  if (info_.may_be_early) co_await stream_.finish_handshake(*core.lingering_timeout);
  if (*core.lingering_close == conf::LingeringClose::off) co_return;
  bool may_have_more = tunnel_ || close_after_ || !in_.empty() || *core.lingering_close == conf::LingeringClose::always;
  if (!may_have_more) co_return;
  stream_.shutdown_write();
  idle_ = true;
  auto deadline = worker_.services().clock().now() + *core.lingering_time;
  const milliseconds timeout = *core.lingering_timeout;
  std::array<char, 4096> waste;
  while (worker_.services().clock().now() < deadline && !stopping_) {
    net::IoResult result = co_await stream_.read_some(waste, timeout);
    if (!result.ok()) co_return;
  }
}

bool Http1Connection::may_keep_alive(const context::RequestContext& context) const {
  const conf::CoreSettings& core = context.location->core;
  if (!context.head.keep_alive || close_after_ || stopping_ || servers_.is_out_of_use() || worker_.is_draining()) return false;
  if (core.keepalive_timeout->count() == 0 || info_.requests >= *core.keepalive_requests) return false;
  if (worker_.services().clock().now() - info_.accepted_at >= *core.keepalive_time) return false;
  // A body that is still to come is drained only while it is small.
  return body_done() || (context.head.body.kind == http::BodyKind::length && !context.head.expect_continue &&
                         state_->decoder.remaining() <= most_body_drained);
}

// ---- request body ----

net::Task<bool> Http1Connection::send_continue() {
  continue_sent_ = true;
  constexpr std::string_view text = "HTTP/1.1 100 Continue\r\n\r\n";
  iovec line{const_cast<char*>(text.data()), text.size()};
  net::IoResult result = co_await stream_.write_all({&line, 1}, *state_->context.location->core.send_timeout);
  co_return result.ok();
}

net::Task<BodyPiece> Http1Connection::read_body() {
  RequestState& state = *state_;
  for (;;) {
    if (state.decoder.done()) co_return BodyPiece{BodyPiece::Status::end, {}, {}};
    net::Buffer& source = in_.empty() ? state.body_buffer : in_;
    while (source && !source.empty() && !state.decoder.done()) {
      http::BodyDecoder::Step step = state.decoder.decode(source.readable());
      source.consumed(step.consumed);
      state.context.request_length += step.consumed;
      if (state.decoder.reject() != http::Reject::none) {
        worker_.services().metrics.rejects_by_reason[static_cast<std::size_t>(state.decoder.reject())].add();
        close_after_ = true;
        co_return BodyPiece{BodyPiece::Status::malformed, {}, state.decoder.reject()};
      }
      if (!step.data.empty()) co_return BodyPiece{BodyPiece::Status::data, step.data, {}};
      if (step.consumed == 0) break;
    }
    if (state.decoder.done()) continue;
    if (state_->context.head.expect_continue && !continue_sent_ && !head_sent_) {
      if (!co_await send_continue()) co_return BodyPiece{BodyPiece::Status::closed, {}, {}};
    }
    if (!state.body_buffer) state.body_buffer = worker_.services().buffers.take(net::BufferPool::medium);
    state.body_buffer.clear();
    net::IoResult result =
        co_await stream_.read_some(state.body_buffer.writable(), *state.context.location->core.client_body_timeout);
    if (result.status == net::IoStatus::timeout) co_return BodyPiece{BodyPiece::Status::timeout, {}, {}};
    if (result.status == net::IoStatus::cancelled && stream_.is_open())
      co_return BodyPiece{BodyPiece::Status::interrupted, {}, {}};
    if (!result.ok()) co_return BodyPiece{BodyPiece::Status::closed, {}, {}};
    state.body_buffer.produced(result.bytes);
  }
}

net::BytePipe& Http1Connection::upgrade(std::string& early_bytes) {
  early_bytes.assign(in_.readable());
  in_.release();
  return pipe_;
}

void Http1Connection::watch_for_close(void (*hook)(void*), void* owner) {
  close_hook_ = hook;
  close_owner_ = owner;
  if (!hook) {
    stream_.channel().set_hook(nullptr, nullptr);
    return;
  }
  stream_.channel().set_hook(
      [](net::Channel& channel, void* self) {
        auto& connection = *static_cast<Http1Connection*>(self);
        if (channel.peer_closed() && connection.close_hook_) connection.close_hook_(connection.close_owner_);
      },
      this);
}

}  // namespace drishti::server
