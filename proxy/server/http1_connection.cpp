#include "server/http1_connection.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "context/variables.hpp"
#include "filters/response_headers.hpp"

namespace drishti::server {

using net::milliseconds;
using request::BodyPiece;
using request::SendStatus;

namespace {

constexpr std::uint64_t most_body_drained = 64 << 10;  // beyond that, closing is cheaper than reading (threat S33)
constexpr std::size_t most_pieces = 24;
constexpr std::size_t most_bytes_joined = 4096;

iovec piece(std::string_view text) { return {const_cast<char*>(text.data()), text.size()}; }

SocketAddress local_address(int fd, const SocketAddress& listen_address) {
  SocketAddress local;
  socklen_t size = sizeof(sockaddr_storage);
  if (listen_address.is_unix() || ::getsockname(fd, local.data(), &size) != 0) return listen_address;
  local.set_size(size);
  return local;
}

http::HeadLimits limits_of(const conf::Server& server) {
  http::HeadLimits limits;
  limits.line = server.large_client_header_buffer_size;
  limits.total = std::max<std::size_t>(server.client_header_buffer_size,
                                       limits.line * static_cast<std::size_t>(server.large_client_header_buffers));
  limits.fields = 1000;
  limits.underscores = server.underscores_in_headers;
  limits.ignore_invalid = server.ignore_invalid_headers;
  return limits;
}

}  // namespace

Http1Connection::Http1Connection(Worker& worker, int fd, const SocketAddress& remote,
                                 const SocketAddress& listen_address, std::uint64_t id)
    : worker_(worker) {
  info_.id = id;
  info_.fd = fd;
  info_.remote = remote;
  info_.local = local_address(fd, listen_address);
  info_.remote_text = remote.ip_text();
  info_.accepted_at = worker.services().clock().now();
  stream_.open(worker.services().reactor, fd);
  set_no_delay(true);
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

// Looked up once a connection and configuration. The newest one: a request takes its generation right before.
const routing::ServerTable& Http1Connection::servers() {
  const routing::Snapshot& snapshot = worker_.generation()->snapshot();
  if (servers_of_ != snapshot.number) {
    servers_ = &snapshot.router.table(info_.local);
    servers_of_ = snapshot.number;
  }
  return *servers_;
}

net::Task<void> Http1Connection::run() {
  while (!stopping_) {
    const bool pipelined = !in_.empty();
    bool has_request = co_await wait_for_request();
    if (!has_request) break;
    co_await serve_one(pipelined);
    if (tunnel_ || aborted_ || !stream_.is_open()) break;
    if (!keep_alive_) {
      co_await linger();
      break;
    }
  }
}

// An idle client owns no buffer: memory is taken when there is something to read.
net::Task<bool> Http1Connection::wait_for_request() {
  if (!in_.empty()) co_return true;
  in_.release();
  idle_ = true;
  const conf::Server& server = servers().default_server();
  milliseconds timeout = info_.requests == 0 ? server.client_header_timeout : *server.root->core.keepalive_timeout;
  for (;;) {
    if (worker_.is_draining()) co_return false;
    net::Wake wake = co_await stream_.channel().readable(timeout);
    if (wake != net::Wake::ready) co_return false;
    net::Buffer buffer = worker_.services().buffers.take(net::BufferPool::small);
    net::IoResult result = stream_.try_read(buffer.writable());
    if (!result.ok()) co_return false;
    if (result.bytes == 0) {
      if (stream_.channel().peer_closed()) co_return false;
      continue;
    }
    buffer.produced(result.bytes);
    in_ = std::move(buffer);
    idle_ = false;
    co_return true;
  }
}

net::Task<Http1Connection::HeadResult> Http1Connection::read_head(const conf::Server& server) {
  http::HeadLimits limits = limits_of(server);
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
  state_ = worker_.take_state();
  generation_ = worker_.generation();
  context::RequestContext& context = state_->context;
  context.connection = &info_;
  context.pipelined = pipelined;
  context.error_log = &worker_.services().error_log;
  context.config = generation_->snapshot().config.get();
  context.user_variables.resize(context.config->variables.size());
  context.started_at = worker_.services().clock().now();
  ++info_.requests;
  idle_ = head_sent_ = close_after_ = chunked_ = bodyless_ = keep_alive_ = continue_sent_ = false;
  rate_begin_ = {};
  const conf::Server& server = servers().default_server();
  context.server = &server;
  context.location = server.root.get();
  HeadResult result = co_await read_head(server);
  switch (result) {
    case HeadResult::gone: aborted_ = true; break;
    case HeadResult::done:
      co_await worker_.handler().handle(context, *this, *generation_, servers());
      if (keep_alive_ && !aborted_ && !tunnel_ && !body_done()) keep_alive_ = co_await finish_body();
      break;
    case HeadResult::timeout:
      state_->decoder.start({});
      co_await worker_.handler().refuse_status(408, context, *this, *generation_, servers());
      break;
    case HeadResult::rejected:
      state_->decoder.start({});
      context.log_error(conf::LogLevel::info,
                        "client sent " + std::string(http::reject_text(state_->parser.reject())));
      co_await worker_.handler().refuse(state_->parser.reject(), context, *this, *generation_, servers());
      break;
  }
  if (result == HeadResult::done && !aborted_) keep_unread_bytes();
  worker_.give_back(std::move(state_));
  generation_ = {};
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
  const conf::CoreSettings& core = servers().default_server().root->core;
  stream_.shutdown_write();
  if (*core.lingering_close == conf::LingeringClose::off) co_return;
  bool may_have_more = close_after_ || !in_.empty() || *core.lingering_close == conf::LingeringClose::always;
  if (!may_have_more) co_return;
  idle_ = true;
  auto deadline = worker_.services().clock().now() + *core.lingering_time;
  const milliseconds timeout = *core.lingering_timeout;  // a reload may end the configuration while this waits
  std::array<char, 4096> waste;
  while (worker_.services().clock().now() < deadline && !stopping_) {
    net::IoResult result = co_await stream_.read_some(waste, timeout);
    if (!result.ok()) co_return;
  }
}

// ---- request body ----

net::Task<bool> Http1Connection::send_continue() {
  continue_sent_ = true;
  iovec line = piece("HTTP/1.1 100 Continue\r\n\r\n");
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

// ---- response ----

bool Http1Connection::may_keep_alive(const context::RequestContext& context) const {
  const conf::CoreSettings& core = context.location->core;
  if (!context.head.keep_alive || close_after_ || stopping_ || worker_.is_draining()) return false;
  if (core.keepalive_timeout->count() == 0 || info_.requests >= *core.keepalive_requests) return false;
  if (worker_.services().clock().now() - info_.accepted_at >= *core.keepalive_time) return false;
  // A body that is still to come is drained only while it is small.
  return body_done() || (context.head.body.kind == http::BodyKind::length && !context.head.expect_continue &&
                         state_->decoder.remaining() <= most_body_drained);
}

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
                                 response.status != 304 && response.from_upstream);
  framing.keep_alive = keep_alive_;
  framing.http10_keep_alive = keep_alive_ && context.head.version == 10;
  framing.upgrade = response.status == 101;
  set_no_delay(*context.location->core.tcp_nodelay);
  state_->out.clear();
  filters::write_response_head(framing, worker_.http_date(), context, state_->out);
  head_bytes_ = state_->out.size();
  tunnel_ = framing.upgrade;
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
  stream_.channel().clogged();
  net::IoResult result = co_await stream_.write_all(pieces, *state_->context.location->core.send_timeout);
  count_sent(result.bytes);
  co_return result.ok() ? SendStatus::ok : send_failure(result);
}

namespace {

std::uint64_t rate_of(context::RequestContext& context, const conf::Template& text) {
  std::uint64_t rate = 0;
  std::string_view value = context::evaluate(text, context);
  auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), rate);
  if (error != std::errc{}) return 0;
  std::string_view unit(end, static_cast<std::size_t>(value.data() + value.size() - end));
  if (unit == "k" || unit == "K") return rate << 10;
  if (unit == "m" || unit == "M") return rate << 20;
  return rate;
}

}  // namespace

bool Http1Connection::is_rate_limited() const {
  const context::RequestContext& context = state_->context;
  return !bodyless_ && (context.limit_rate || !context.location->core.limit_rate->empty());
}

// Bytes that may go out before the next look at the clock: what is free of the limit and a second's worth.
std::uint64_t Http1Connection::allowance() {
  context::RequestContext& context = state_->context;
  const conf::CoreSettings& core = context.location->core;
  std::uint64_t rate = context.limit_rate ? *context.limit_rate : rate_of(context, core.limit_rate);
  if (rate == 0) return std::numeric_limits<std::uint64_t>::max();
  std::uint64_t free = rate_of(context, core.limit_rate_after);
  return rate + (free > context.body_bytes_sent ? free - context.body_bytes_sent : 0);
}

// At most about a second at a time, so that a worker that stops is not held up.
net::Task<void> Http1Connection::respect_rate() {
  context::RequestContext& context = state_->context;
  const conf::CoreSettings& core = context.location->core;
  std::uint64_t rate = context.limit_rate ? *context.limit_rate : rate_of(context, core.limit_rate);
  auto now = worker_.services().clock().now();
  if (rate_begin_ == net::Clock::Steady{}) rate_begin_ = now;
  std::uint64_t free = rate_of(context, core.limit_rate_after);
  if (rate == 0 || context.body_bytes_sent <= free) co_return;
  auto due = rate_begin_ + milliseconds((context.body_bytes_sent - free) * 1000 / rate);
  auto wait = std::chrono::duration_cast<milliseconds>(due - now);
  if (wait.count() > 0) co_await net::Sleep(worker_.services().reactor, wait);
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
      std::string_view slice = part.substr(0, allowance());
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
    if (chunked_ && last) pieces[count++] = piece(body_bytes > 0 ? "\r\n0\r\n\r\n" : "0\r\n\r\n");
    else if (chunked_ && body_bytes > 0) pieces[count++] = piece("\r\n");
  }
  if (count > 1 && body_bytes <= most_bytes_joined) count = join(pieces.data(), count);
}

SendStatus Http1Connection::send_frame(Frame& frame) {
  head_sent_ = true;
  if (frame.count == 0) return SendStatus::ok;
  net::IoResult result = stream_.try_write(frame.pieces.data(), frame.count);
  if (!result.ok()) return send_failure(result);
  count_sent(result.bytes);
  frame.rest = net::skip_bytes({frame.pieces.data(), frame.count}, result.bytes);
  return frame.rest.empty() ? SendStatus::ok : SendStatus::pending;
}

void Http1Connection::written(std::uint64_t body_bytes, bool last) {
  if (!bodyless_) state_->context.body_bytes_sent += body_bytes;
  if (last) state_->context.completed = true;
}

net::Task<SendStatus> Http1Connection::write_now(std::span<const std::string_view> data, bool last) {
  if (!stream_.is_open()) co_return SendStatus::closed;
  Frame framed;
  frame(data, last, framed);
  SendStatus status = send_frame(framed);
  if (status == SendStatus::pending) status = co_await send_rest(framed.rest);
  if (status == SendStatus::ok) written(framed.body_bytes, last);
  co_return status;
}

SendStatus Http1Connection::start_write(std::span<const std::string_view> data, bool last) {
  if (!stream_.is_open()) return SendStatus::closed;
  Frame framed;
  frame(data, last, framed);
  SendStatus status = send_frame(framed);
  if (status == SendStatus::ok) written(framed.body_bytes, last);
  if (status != SendStatus::pending) return status;
  state_->unsent.clear();
  for (const iovec& rest : framed.rest) state_->unsent.append(static_cast<const char*>(rest.iov_base), rest.iov_len);
  unsent_body_ = framed.body_bytes;
  unsent_is_last_ = last;
  return status;
}

net::Task<SendStatus> Http1Connection::flush() {
  if (state_->unsent.empty()) co_return SendStatus::ok;
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
    std::uint64_t part = std::min({step, length - sent, is_limited ? allowance() : step});
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

net::Stream& Http1Connection::upgrade(std::string& early_bytes) {
  early_bytes.assign(in_.readable());
  in_.release();
  return stream_;
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
