// The request half of a stream: its head, its body, its life. The other half: http2_response.cpp.
#include "server/http2_stream.hpp"

#include <algorithm>
#include <cstring>

#include "server/http2_connection.hpp"

namespace drishti::server {

using net::milliseconds;
using request::BodyPiece;

namespace {

constexpr std::uint64_t most_body_drained = 64 << 10;
constexpr std::size_t most_trailers = 100;
constexpr std::size_t most_trailer_bytes = 8 << 10;  // as http/body_decoder has it (threat S30)

}  // namespace

Http2Stream::Http2Stream(Http2Connection& connection)
    : connection_(connection),
      worker_(connection.worker()),
      state_(worker_.take_state()),
      reader_(*this, read_timer_fired),
      writer_(*this, write_timer_fired) {
  worker_.services().metrics.requests_begun.add();
  head_.start(connection.head_limits(), state_->context.head, state_->context.arena);
  state_->context.started_at = worker_.services().clock().now();
}

Http2Stream::~Http2Stream() {
  if (!has_head_) worker_.services().metrics.heads_read.add();
  worker_.services().metrics.requests_ended.add();
  worker_.give_back(std::move(state_));
}

// ---- what the session tells ----

bool Http2Stream::on_field(std::string_view name, std::string_view value, bool is_trailer) {
  if (!is_trailer) {
    head_.add(name, value);
    const http::HeadLimits& limits = head_.limits();
    return Http2Flood::head_grew(head_.fields(), head_.bytes(), limits.fields, limits.total) == Http2FloodReason::none;
  }
  trailer_bytes_ += name.size() + value.size();
  if (request_trailers_.size() >= most_trailers || trailer_bytes_ > most_trailer_bytes)
    return trailer_bytes_ <= 4 * most_trailer_bytes;
  net::Arena& arena = state_->context.arena;
  request_trailers_.add({arena.copy(name), arena.copy(value), http::field_id(name)});
  return true;
}

void Http2Stream::on_invalid_field() {
  if (!has_head_) head_.refuse(http::Reject::bad_field_value);
}

void Http2Stream::on_head(bool ends, std::size_t frame_bytes) {
  reject_ = head_.finish(ends);
  has_head_ = true;
  has_ended_ = ends;
  state_->context.request_length = frame_bytes;
  worker_.services().metrics.heads_read.add();
  connection_.head_came(*this);
}

void Http2Stream::on_body(std::string_view data) {
  state_->context.request_length += data.size();
  while (!data.empty()) {
    if (incoming_.writable().empty()) {
      incoming_.compact();
      const std::size_t wanted = incoming_ ? std::max(incoming_.readable().size() * 4, net::BufferPool::medium)
                                           : data.size();
      worker_.services().buffers.grow(incoming_, wanted);
    }
    const std::size_t size = std::min(data.size(), incoming_.writable().size());
    std::memcpy(incoming_.writable().data(), data.data(), size);
    incoming_.produced(size);
    data.remove_prefix(size);
  }
  reader_.end(net::Wake::ready);
}

void Http2Stream::on_end() {
  has_ended_ = true;
  reader_.end(net::Wake::ready);
}

void Http2Stream::on_closed() { connection_.stream_closed(*this); }

void Http2Stream::tell_closed() {
  reader_.end(net::Wake::ready);
  writer_.end(net::Wake::ready);
  if (close_hook_ != nullptr && !end_sent_) close_hook_(close_owner_);
}

// ---- its life ----

void Http2Stream::prepare_context() {
  context::RequestContext& context = state_->context;
  context.connection = &connection_.info();
  context.request_number = ++connection_.info().requests;
  context.error_log = &worker_.services().error_log;
  context.config = generation_->snapshot().config.get();
  context.user_variables.resize(context.config->variables.size());
}

net::Task<void> Http2Stream::run(const ConnectionServers& behind) {
  generation_ = behind.generation();
  const routing::ServerTable& servers = behind.table();
  prepare_context();
  const conf::Server& server = servers.default_server();
  state_->context.server = &server;
  state_->context.location = server.root.get();
  co_await answer(servers);
  if (is_last_ && !end_sent_ && !aborted_ && !is_gone()) co_await drain(*state_->context.location->core.send_timeout);
  const bool is_whole = end_sent_ && !aborted_;
  if (is_whole && !has_ended_ && !tunnel_) co_await finish_body();
  connection_.session().forget(*this, is_whole ? NGHTTP2_NO_ERROR : NGHTTP2_INTERNAL_ERROR);
  connection_.flush_soon();
}

net::Task<void> Http2Stream::answer(const routing::ServerTable& servers) {
  context::RequestContext& context = state_->context;
  request::RequestHandler& handler = worker_.handler();
  if (reject_ == http::Reject::none) {
    co_await handler.handle(context, *this, *generation_, servers);
    co_return;
  }
  context.log_error(conf::LogLevel::info, "client sent " + std::string(http::reject_text(reject_)));
  co_await handler.refuse(reject_, context, *this, *generation_, servers);
}

// Clients that still send take a reset for a failure, though RFC 9113 8.1 says better: a little more is read away.
net::Task<void> Http2Stream::finish_body() {
  const context::RequestContext& context = state_->context;
  if (context.head.expect_continue && !continue_sent_) co_return;
  const auto deadline = worker_.services().clock().now() + *context.location->core.lingering_time;
  std::uint64_t drained = 0;
  while (!has_ended_ && !is_gone() && drained <= most_body_drained && worker_.services().clock().now() < deadline) {
    const BodyPiece body = co_await read_body();
    if (body.status != BodyPiece::Status::data) co_return;
    drained += body.data.size();
  }
}

void Http2Stream::watch_for_close(void (*hook)(void*), void* owner) {
  close_hook_ = hook;
  close_owner_ = owner;
}

// ---- waiting ----

void Http2Stream::Wait::arm(milliseconds from_now) {
  if (from_now.count() > 0) stream.worker_.services().reactor.arm(*this, from_now);
}

void Http2Stream::Wait::end(net::Wake how) {
  if (!waiter) return;
  wake = how;
  stream.worker_.services().reactor.disarm(*this);
  stream.worker_.services().reactor.defer(std::exchange(waiter, {}));
}

void Http2Stream::read_timer_fired(net::DeadlineWheel::Timer& timer) { static_cast<Wait&>(timer).end(net::Wake::timeout); }

struct Http2Stream::Incoming {
  Http2Stream& stream;
  milliseconds timeout;
  bool await_ready() const { return !stream.incoming_.empty() || stream.has_ended_ || stream.is_gone(); }
  void await_suspend(std::coroutine_handle<> handle) {
    stream.reader_.waiter = handle;
    stream.reader_.wake = net::Wake::ready;
    stream.reader_.arm(timeout);
  }
  net::Wake await_resume() const { return std::exchange(stream.reader_.wake, net::Wake::ready); }
};

// ---- the body ----

// Only what was read makes room for more: the client is held up by whoever is slow behind us.
void Http2Stream::finish_body_piece() {
  if (unconsumed_ == 0) return;
  connection_.session().consumed(*this, std::exchange(unconsumed_, 0));
  connection_.flush_soon();
}

void Http2Stream::take_incoming() {
  reading_ = std::move(incoming_);
  unconsumed_ = reading_.readable().size();
}

net::Task<BodyPiece> Http2Stream::read_body() {
  finish_body_piece();
  for (;;) {
    if (!incoming_.empty()) {
      take_incoming();
      co_return BodyPiece{BodyPiece::Status::data, reading_.readable(), {}};
    }
    if (has_ended_) co_return BodyPiece{BodyPiece::Status::end, {}, {}};
    if (is_gone()) co_return BodyPiece{BodyPiece::Status::closed, {}, {}};
    if (state_->context.head.expect_continue && !continue_sent_ && !is_answered_) {
      continue_sent_ = true;
      connection_.session().send_interim(*this, 100);
      connection_.flush_soon();
    }
    const net::Wake wake = co_await Incoming{*this, *state_->context.location->core.client_body_timeout};
    if (wake == net::Wake::timeout) co_return BodyPiece{BodyPiece::Status::timeout, {}, {}};
    if (wake == net::Wake::cancelled) co_return BodyPiece{BodyPiece::Status::interrupted, {}, {}};
  }
}

void Http2Stream::stop_reading_body() { reader_.end(net::Wake::cancelled); }

// ---- a tunnel ----

bool Http2Stream::accepts_switch(const http::ResponseHead& head) const {
  if (!head_.is_websocket()) return false;
  const http::Field* key = state_->context.head.fields.find("sec-websocket-key");
  const http::Field* accept = head.fields.find("sec-websocket-accept");
  return key != nullptr && accept != nullptr && accept->value == websocket_accept(key->value);
}

net::BytePipe& Http2Stream::upgrade(std::string& early_bytes) {
  early_bytes.assign(incoming_.readable());
  unconsumed_ = early_bytes.size();
  incoming_.release();
  finish_body_piece();
  return *this;
}

net::Task<net::Wake> Http2Stream::readable(milliseconds timeout) {
  const net::Wake wake = co_await Incoming{*this, timeout};
  co_return wake;
}

net::IoResult Http2Stream::try_read(std::span<char> buffer) {
  const std::size_t size = std::min(buffer.size(), incoming_.readable().size());
  if (size == 0 && has_ended_) return {net::IoStatus::eof, 0, 0};
  if (size == 0) return {is_gone() ? net::IoStatus::failed : net::IoStatus::ok, is_gone() ? ECONNRESET : 0, 0};
  std::memcpy(buffer.data(), incoming_.readable().data(), size);
  incoming_.consumed(size);
  if (incoming_.empty()) incoming_.release();
  unconsumed_ = size;
  finish_body_piece();
  return {net::IoStatus::ok, 0, size};
}

void Http2Stream::cancel() {
  reader_.end(net::Wake::cancelled);
  writer_.end(net::Wake::cancelled);
}

}  // namespace drishti::server
