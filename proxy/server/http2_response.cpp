// The response half of a stream: head, body, limit_rate, files. The other half: http2_stream.cpp.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "filters/response_headers.hpp"
#include "http/hop_by_hop.hpp"
#include "server/http2_connection.hpp"
#include "server/http2_stream.hpp"

namespace drishti::server {

using net::milliseconds;
using request::SendStatus;

namespace {

/// `:status`; the usual ones stand somewhere already.
std::string_view status_text(int status, net::Arena& arena) {
  switch (status) {
    case 200: return "200";
    case 304: return "304";
    case 404: return "404";
    default: break;
  }
  char text[3];
  for (int i = 2; i >= 0; --i, status /= 10) text[i] = static_cast<char>('0' + status % 10);
  return arena.copy({text, sizeof text});
}

}  // namespace

// ---- the head ----

void Http2Stream::begin_response(context::RequestContext& context) {
  const int status = context.response.status;
  tunnel_ = status == 101;
  bodyless_ = context.head.method == http::Method::head || status == 204 || status == 304;
  if (head_.is_websocket() && status >= 200 && status < 300) refuse_success();
}

// RFC 8441 5: any 2xx says that the tunnel is open. Behind this one there is none.
void Http2Stream::refuse_success() {
  context::RequestContext& context = state_->context;
  context.log_error(conf::LogLevel::error, "extended CONNECT was answered with status " +
                                               std::to_string(context.response.status) + ", which opens no tunnel");
  context.response.reset();
  context.response.status = 502;
  bodyless_ = true;
}

// Built when it is sent, for its parts live in the request: nothing is copied.
void Http2Stream::send_head(bool ends) {
  static thread_local std::vector<http::Field> listed;
  static thread_local Http2Fields fields;
  context::RequestContext& context = state_->context;
  listed.clear();
  fields.clear();
  fields.add(":status", tunnel_ ? "200" : status_text(context.response.status, context.arena));
  filters::list_response_fields(worker_.http_date(), context, listed);
  for (const http::Field& field : listed) fields.add(field.name, field.value);
  is_answered_ = true;
  connection_.session().respond(*this, fields, ends);
}

void Http2Stream::fill_trailers(Http2Fields& fields) {
  for (const http::Field& field : *trailers_) {
    if (http::is_hop_by_hop(field.id) || field.id == http::FieldId::content_length) continue;
    fields.add(filters::lower_case_name(field, state_->context.arena), field.value);
  }
}

void Http2Stream::on_head_sent(std::size_t frame_bytes) {
  state_->context.bytes_sent += frame_bytes;
  head_made_ = is_answered_;
  progress_ = worker_.services().clock().now();
  if (is_through()) writer_.end(net::Wake::ready);
}

// ---- the body, as the session takes it ----

void Http2Stream::set_source(std::span<const std::string_view> pieces, bool last) {
  pieces_ = bodyless_ ? std::span<const std::string_view>{} : pieces;
  piece_ = {};
  left_ = 0;
  for (const std::string_view piece : pieces_) left_ += piece.size();
  is_last_ = last && !tunnel_;
  progress_ = worker_.services().clock().now();
}

void Http2Stream::take(char* to, std::size_t size) {
  left_ -= size;
  if (!tunnel_) state_->context.body_bytes_sent += size;  // what passes through a tunnel is counted there
  while (size > 0) {
    while (piece_.empty()) {
      piece_ = pieces_.front();
      pieces_ = pieces_.subspan(1);
    }
    const std::size_t part = std::min(size, piece_.size());
    std::memcpy(to, piece_.data(), part);
    piece_.remove_prefix(part);
    to += part;
    size -= part;
  }
}

void Http2Stream::on_data_sent(std::size_t frame_bytes, bool ends) {
  if (!tunnel_) state_->context.bytes_sent += frame_bytes;
  end_sent_ = end_sent_ || ends;
  progress_ = worker_.services().clock().now();
  if (is_through()) writer_.end(net::Wake::ready);
}

// ---- writing ----

SendStatus Http2Stream::begin_write(std::span<const std::string_view> pieces, bool last) {
  if (is_gone() || aborted_) return SendStatus::closed;
  set_source(pieces, last);
  if (!is_answered_) {
    const bool is_empty = left_ == 0 && is_last_ && !has_trailers();
    send_head(bodyless_ || is_empty);
  } else if (left_ > 0 || is_last_) {
    connection_.session().resume(*this);
  }
  connection_.send_some();
  if (is_through()) return written();
  return is_gone() ? SendStatus::closed : SendStatus::pending;
}

SendStatus Http2Stream::written() {
  if (is_last_) state_->context.completed = true;
  return SendStatus::ok;
}

/// The pieces are free again: what is left of them is copied.
void Http2Stream::keep_rest() {
  std::string& unsent = state_->unsent;
  unsent.assign(piece_);
  for (const std::string_view piece : pieces_) unsent.append(piece);
  piece_ = unsent;
  pieces_ = {};
}

SendStatus Http2Stream::start_write(std::span<const std::string_view> pieces, bool last) {
  const SendStatus status = begin_write(pieces, last);
  if (status == SendStatus::pending) keep_rest();
  return status;
}

struct Http2Stream::Drained {
  Http2Stream& stream;
  milliseconds timeout;
  bool await_ready() const { return stream.is_through() || stream.is_gone(); }
  void await_suspend(std::coroutine_handle<> handle) {
    stream.writer_.waiter = handle;
    stream.writer_.timeout = timeout;
    stream.writer_.arm(timeout);
  }
  net::Wake await_resume() const { return std::exchange(stream.writer_.wake, net::Wake::ready); }
};

// The time is between two frames, as it is between two writes of HTTP/1.
void Http2Stream::write_timer_fired(net::DeadlineWheel::Timer& timer) {
  auto& wait = static_cast<Wait&>(timer);
  const auto passed = wait.stream.worker_.services().clock().now() - wait.stream.progress_;
  const auto left = std::chrono::ceil<milliseconds>(wait.timeout - passed);
  if (left.count() > 0) return wait.arm(left);
  wait.end(net::Wake::timeout);
}

net::Task<SendStatus> Http2Stream::drain(milliseconds timeout) {
  const net::Wake wake = co_await Drained{*this, timeout};
  if (is_through()) co_return written();
  pieces_ = {};
  piece_ = {};
  left_ = 0;
  if (wake != net::Wake::timeout) co_return SendStatus::closed;
  state_->context.log_error(conf::LogLevel::info, "client timed out while sending response to client");
  co_return SendStatus::timeout;
}

net::Task<SendStatus> Http2Stream::write_now(std::span<const std::string_view> pieces, bool last) {
  if (connection_.has_had_its_share()) co_await worker_.services().reactor.next_turn();
  SendStatus status = begin_write(pieces, last);
  if (status == SendStatus::pending) status = co_await drain(*state_->context.location->core.send_timeout);
  co_return status;
}

net::Task<SendStatus> Http2Stream::write(std::span<const std::string_view> pieces, bool last) {
  return is_rate_limited() ? write_slowly(pieces, last) : write_now(pieces, last);
}

net::Task<SendStatus> Http2Stream::write_slowly(std::span<const std::string_view> pieces, bool last) {
  std::size_t left = 0;
  for (const std::string_view part : pieces) left += part.size();
  if (left == 0) co_return co_await write_now({}, last);
  for (std::string_view part : pieces) {
    while (!part.empty()) {
      const milliseconds delay = rate_.delay(state_->context);
      if (delay.count() > 0) co_await net::Sleep(worker_.services().reactor, delay);
      const std::string_view slice = part.substr(0, SendRate::allowance(state_->context));
      part.remove_prefix(slice.size());
      left -= slice.size();
      const SendStatus status = co_await write_now({&slice, 1}, last && left == 0);
      if (status != SendStatus::ok) co_return status;
    }
  }
  co_return SendStatus::ok;
}

net::Task<SendStatus> Http2Stream::flush() {
  SendStatus status = SendStatus::ok;
  if (is_answered_ && !is_through()) status = co_await drain(*state_->context.location->core.send_timeout);
  state_->unsent = {};  // up to a large buffer: not kept for the next request
  co_return status;
}

net::Task<SendStatus> Http2Stream::write_file(int file, std::uint64_t offset, std::uint64_t length, bool last) {
  if (bodyless_ || length == 0) co_return co_await write({}, last);
  net::Buffer buffer = worker_.services().buffers.take(std::min<std::uint64_t>(length, net::BufferPool::large));
  const std::span<char> room = buffer.writable();
  SendStatus status = SendStatus::ok;
  for (std::uint64_t sent = 0; sent < length && status == SendStatus::ok;) {
    const ssize_t size = ::pread(file, room.data(), std::min<std::uint64_t>(room.size(), length - sent),
                                 static_cast<off_t>(offset + sent));
    if (size <= 0) co_return SendStatus::closed;  // the file is shorter than it was
    sent += static_cast<std::uint64_t>(size);
    const std::string_view piece(room.data(), static_cast<std::size_t>(size));
    status = co_await write({&piece, 1}, last && sent == length);
  }
  co_return status;
}

// The client must not take a cut response for a whole one: the stream ends with a reset (threat R12).
void Http2Stream::abort() {
  if (aborted_) return;
  aborted_ = true;
  if (is_gone()) return;
  connection_.session().reset(*this, NGHTTP2_INTERNAL_ERROR);
  connection_.flush_soon();
}

// ---- a tunnel ----

net::Task<net::IoResult> Http2Stream::write_all(std::span<iovec> pieces, milliseconds timeout) {
  net::IoResult result;
  for (const iovec& one : pieces) {
    const std::string_view piece(static_cast<const char*>(one.iov_base), one.iov_len);
    if (connection_.has_had_its_share()) co_await worker_.services().reactor.next_turn();
    SendStatus status = begin_write({&piece, 1}, false);
    if (status == SendStatus::pending) status = co_await drain(timeout);
    if (status != SendStatus::ok) {
      result.status = status == SendStatus::timeout ? net::IoStatus::timeout : net::IoStatus::failed;
      co_return result;
    }
    result.bytes += piece.size();
  }
  co_return result;
}

void Http2Stream::shutdown_write() {
  if (is_gone() || is_last_) return;
  is_last_ = true;
  connection_.session().resume(*this);
  connection_.send_some();
}

}  // namespace drishti::server
