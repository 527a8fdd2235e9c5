// The response half of an HTTP/1 connection: framing, writing, limit_rate, files. The other half: http1_connection.cpp.

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "context/variables.hpp"
#include "filters/response_headers.hpp"
#include "http/hop_by_hop.hpp"
#include "server/http1_connection.hpp"

namespace drishti::server {

using net::milliseconds;
using request::SendStatus;

namespace {

constexpr std::size_t most_pieces = 24;
constexpr std::size_t most_bytes_joined = 4096;

iovec piece(std::string_view text) { return {const_cast<char*>(text.data()), text.size()}; }

}  // namespace

void Http1Connection::begin_response(context::RequestContext& context) {
  context::Response& response = context.response;
  bodyless_ = context.head.method == http::Method::head || response.status == 204 || response.status == 304 ||
              response.status == 101;
  keep_alive_ = may_keep_alive(context);
  bool is_unbounded = !response.content_length && !bodyless_;
  chunked_ = is_unbounded && context.head.version >= 11 && *context.location->core.chunked_transfer_encoding;
  if (is_unbounded && !chunked_) keep_alive_ = false;
  filters::ClientFraming framing;
  // HEAD announces what GET would have sent.
  framing.chunked = chunked_ || (context.head.method == http::Method::head && !response.content_length &&
                                 context.head.version >= 11 && response.status >= 200 && response.status != 204 &&
                                 response.status != 304 &&
                                 (response.from_upstream || response.coded.coding != http::ContentCoding::identity));
  framing.keep_alive = keep_alive_;
  framing.http10_keep_alive = keep_alive_ && context.head.version == 10;
  framing.upgrade = response.status == 101;
  set_no_delay(*context.location->core.tcp_nodelay);
  state_->out.clear();
  state_->last_chunk.clear();
  filters::write_response_head(framing, worker_.http_date(), context, state_->out);
  head_bytes_ = state_->out.size();
  tunnel_ = framing.upgrade;
}

// RFC 9110 6.5.1: only for who can make something of them, for others on the way may drop them. RFC 9112 7.1.2.
void Http1Connection::set_trailers(const http::FieldList& fields) {
  if (!chunked_ || !http::any_list_has_token(state_->context.head.fields, http::FieldId::te, "trailers")) return;
  std::string& text = state_->last_chunk;
  text = "\r\n0\r\n";
  for (const http::Field& field : fields) text.append(field.name).append(": ").append(field.value).append("\r\n");
  text += "\r\n";
}

/// With the end of the chunk before it.
std::string_view Http1Connection::last_chunk() const {
  return state_->last_chunk.empty() ? std::string_view("\r\n0\r\n\r\n") : state_->last_chunk;
}

void Http1Connection::count_sent(std::uint64_t bytes) { state_->context.bytes_sent += bytes; }

SendStatus Http1Connection::send_failure(const net::IoResult& result) {
  if (result.status == net::IoStatus::timeout) {
    state_->context.log_error(conf::LogLevel::info, "client timed out while sending response to client");
    if (*state_->context.location->core.reset_timedout_connection) stream_.reset_on_close();
    return SendStatus::timeout;
  }
  return SendStatus::closed;
}

net::Task<SendStatus> Http1Connection::send_rest(std::span<iovec> pieces) {
  // TLS takes only so much at a time: that there is a rest does not mean that the socket is full.
  if (stream_.tls() == nullptr) stream_.channel().clogged();
  net::IoResult result = co_await stream_.write_all(pieces, *state_->context.location->core.send_timeout);
  count_sent(result.bytes);
  co_return result.ok() ? SendStatus::ok : send_failure(result);
}

bool Http1Connection::is_rate_limited() const { return !bodyless_ && SendRate::is_limited(state_->context); }

net::Task<void> Http1Connection::respect_rate() {
  const milliseconds delay = rate_.delay(state_->context);
  if (delay.count() > 0) co_await net::Sleep(worker_.services().reactor, delay);
}

net::Task<SendStatus> Http1Connection::write(std::span<const std::string_view> data, bool last) {
  return is_rate_limited() ? write_slowly(data, last) : write_now(data, last);
}

net::Task<SendStatus> Http1Connection::write_slowly(std::span<const std::string_view> data, bool last) {
  std::size_t left = 0;
  for (std::string_view part : data) left += part.size();
  if (left == 0) co_return co_await write_now({}, last);
  for (std::string_view part : data) {
    while (!part.empty()) {
      co_await respect_rate();
      std::string_view slice = part.substr(0, SendRate::allowance(state_->context));
      part.remove_prefix(slice.size());
      left -= slice.size();
      SendStatus status = co_await write_now({&slice, 1}, last && left == 0);
      if (status != SendStatus::ok) co_return status;
    }
  }
  co_return SendStatus::ok;
}

// One piece is sent by a cheaper call than several: copying a small body costs less than the difference.
std::size_t Http1Connection::join(iovec* pieces, std::size_t count) {
  std::string& out = state_->out;
  if (head_sent_) out.clear();
  for (std::size_t i = head_sent_ ? 0 : 1; i < count; ++i)
    out.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
  pieces[0] = piece(out);
  return 1;
}

/// One write as it goes to the socket: the head when it is still to be sent, chunk framing, the data.
struct Http1Connection::Frame {
  std::array<iovec, most_pieces> pieces;
  char chunk_head[20];
  std::size_t count = 0;
  std::size_t body_bytes = 0;
  std::span<iovec> rest{};  ///< what the socket did not take
};

void Http1Connection::frame(std::span<const std::string_view> data, bool last, Frame& frame) {
  auto& [pieces, chunk_head, count, body_bytes, rest] = frame;
  if (!head_sent_) pieces[count++] = piece(state_->out);
  for (std::string_view part : data) body_bytes += part.size();
  if (!bodyless_) {
    if (chunked_ && body_bytes > 0) pieces[count++] = {chunk_head, http::write_chunk_head(chunk_head, body_bytes)};
    for (std::string_view part : data)
      if (!part.empty()) pieces[count++] = piece(part);
    if (chunked_ && last) pieces[count++] = piece(last_chunk().substr(body_bytes > 0 ? 0 : 2));
    else if (chunked_ && body_bytes > 0) pieces[count++] = piece("\r\n");
  }
  if (count > 1 && body_bytes <= most_bytes_joined) count = join(pieces.data(), count);
}

SendStatus Http1Connection::send_frame(Frame& frame, bool last) {
  head_sent_ = true;
  if (frame.count == 0) return SendStatus::ok;
  if (last && !keep_alive_ && !tunnel_) stream_.end_with_next_write();
  net::IoResult result = stream_.try_write(frame.pieces.data(), frame.count);
  if (!result.ok()) return send_failure(result);
  count_sent(result.bytes);
  frame.rest = net::skip_bytes({frame.pieces.data(), frame.count}, result.bytes);
  return frame.rest.empty() && !stream_.has_unsent() ? SendStatus::ok : SendStatus::pending;
}

void Http1Connection::written(std::uint64_t body_bytes, bool last) {
  if (!bodyless_) state_->context.body_bytes_sent += body_bytes;
  if (last) state_->context.completed = true;
}

net::Task<SendStatus> Http1Connection::write_now(std::span<const std::string_view> data, bool last) {
  if (stream_.is_open() && stream_.channel().has_had_its_share()) co_await worker_.services().reactor.next_turn();
  if (!stream_.is_open()) co_return SendStatus::closed;
  Frame framed;
  frame(data, last, framed);
  SendStatus status = send_frame(framed, last);
  if (status == SendStatus::pending) status = co_await send_rest(framed.rest);
  if (status == SendStatus::ok) written(framed.body_bytes, last);
  co_return status;
}

SendStatus Http1Connection::start_write(std::span<const std::string_view> data, bool last) {
  if (!stream_.is_open()) return SendStatus::closed;
  Frame framed;
  frame(data, last, framed);
  SendStatus status = send_frame(framed, last);
  if (status == SendStatus::ok) written(framed.body_bytes, last);
  if (status != SendStatus::pending) return status;
  state_->unsent.clear();
  for (const iovec& rest : framed.rest) state_->unsent.append(static_cast<const char*>(rest.iov_base), rest.iov_len);
  unsent_body_ = framed.body_bytes;
  unsent_is_last_ = last;
  return status;
}

net::Task<SendStatus> Http1Connection::flush() {
  if (state_->unsent.empty() && !stream_.has_unsent()) co_return SendStatus::ok;
  iovec unsent = piece(state_->unsent);
  SendStatus status = co_await send_rest({&unsent, 1});
  state_->unsent = {};  // up to a large buffer: not kept for the next request
  if (status == SendStatus::ok) written(unsent_body_, unsent_is_last_);
  co_return status;
}

// Without sendfile(2): through a buffer of our own.
net::Task<net::IoResult> Http1Connection::copy_file(int file, std::uint64_t offset, std::uint64_t length) {
  net::Buffer buffer = worker_.services().buffers.take(net::BufferPool::large);
  const auto room = buffer.writable();
  net::IoResult result;
  for (std::uint64_t sent = 0; sent < length; sent = result.bytes) {
    const ssize_t size = ::pread(file, room.data(), std::min<std::uint64_t>(room.size(), length - sent),
                                 static_cast<off_t>(offset + sent));
    if (size <= 0) co_return net::IoResult{size < 0 ? net::IoStatus::failed : net::IoStatus::eof, errno, sent};
    iovec bytes{room.data(), static_cast<std::size_t>(size)};
    result = co_await stream_.write_all({&bytes, 1}, *state_->context.location->core.send_timeout);
    result.bytes += sent;
    if (!result.ok()) break;
  }
  co_return result;
}

net::Task<SendStatus> Http1Connection::write_file(int file, std::uint64_t offset, std::uint64_t length, bool last) {
  constexpr std::uint64_t step = 1 << 20;
  if (!head_sent_) {
    // The head waits in the socket for the first bytes of the file.
    int on = 1;
    ::setsockopt(stream_.fd(), IPPROTO_TCP, TCP_CORK, &on, sizeof on);
    SendStatus status = co_await write({}, false);
    if (status != SendStatus::ok) co_return status;
  }
  context::RequestContext& context = state_->context;
  const bool is_limited = is_rate_limited();
  net::IoResult result;
  for (std::uint64_t sent = 0; !bodyless_ && sent < length && result.ok();) {
    if (is_limited) co_await respect_rate();
    std::uint64_t part = std::min({step, length - sent, is_limited ? SendRate::allowance(context) : step});
    // Not `?:`: g++ 12 runs the co_await in it whatever the condition says.
    if (*context.location->core.sendfile)
      result = co_await stream_.send_file(file, offset + sent, part, *context.location->core.send_timeout);
    else
      result = co_await copy_file(file, offset + sent, part);
    context.body_bytes_sent += result.bytes;
    count_sent(result.bytes);
    sent += result.bytes;
  }
  int off = 0;
  if (last && stream_.is_open()) ::setsockopt(stream_.fd(), IPPROTO_TCP, TCP_CORK, &off, sizeof off);
  if (last && result.ok()) context.completed = true;
  co_return result.ok() ? SendStatus::ok : send_failure(result);
}

// The client must not take a cut response for a whole one: no final chunk is sent, and where the close itself would be
// the end of the body, a reset is (threat R12).
void Http1Connection::abort() {
  aborted_ = true;
  keep_alive_ = false;
  const context::RequestContext& context = state_->context;
  if (context.response.status == 444 && *context.location->core.reset_timedout_connection) stream_.reset_on_close();
  if (head_sent_ && !chunked_ && !context.response.content_length) stream_.reset_on_close();
  stream_.close();
}

}  // namespace drishti::server
