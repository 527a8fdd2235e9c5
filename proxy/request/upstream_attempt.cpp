#include "request/upstream_attempt.hpp"

#include <sys/socket.h>

#include <cerrno>

#include "conf/url.hpp"
#include "http/body_decoder.hpp"
#include "http/proxy_header.hpp"
#include "context/variables.hpp"

namespace drishti::request {

using std::chrono::milliseconds;

namespace {

constexpr int most_interim_responses = 10;  // threat R07

bool is_local_error(int error) {
  return error == EADDRNOTAVAIL || error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

iovec piece(std::string_view text) { return {const_cast<char*>(text.data()), text.size()}; }

}  // namespace

UpstreamAttempt::UpstreamAttempt(WorkerServices& services, context::RequestContext& context, ClientStream& client,
                                 UpstreamRecorder& recorder)
    : services_(services),
      context_(context),
      client_(client),
      recorder_(recorder),
      settings_(context.location->proxy),
      head_(context.upstream_response) {}

Failure UpstreamAttempt::classify(const net::IoResult& result, Failure on_timeout, Failure on_failure) {
  state_.error = result.error;
  return result.status == net::IoStatus::timeout ? on_timeout : on_failure;
}

upstream::UpstreamConnectionPtr UpstreamAttempt::release_connection() {
  if (http2_) http2_->leave();
  if (connection_) head_memory_ = std::move(connection_->buffer);
  return std::move(connection_);
}

bool UpstreamAttempt::fill_bind_address(SocketAddress& address) {
  if (!*settings_.bind) return false;
  const std::string_view text = context::evaluate(**settings_.bind, context_);
  if (text.empty()) return false;
  const auto parsed = conf::parse_ip_and_port(text);
  if (parsed) address = *parsed;
  else context_.log_error(conf::LogLevel::error, "invalid local address \"" + std::string(text) + "\"");
  return parsed.has_value();
}

/// The first bytes of a new connection: its socket always has room for them.
bool UpstreamAttempt::send_proxy_header() {
  using Send = conf::SendProxyHeader;
  if (*settings_.send_proxy_header == Send::off) return true;
  const auto make = *settings_.send_proxy_header == Send::v1 ? http::proxy_header_v1 : http::proxy_header_v2;
  const std::string header = make(context_.remote(), context_.connection->local);
  const iovec bytes = piece(header);
  const net::IoResult result = connection_->stream.try_write(&bytes, 1);
  state_.error = result.error;
  context_.attempts.back().bytes_sent += result.bytes;
  return result.ok() && result.bytes == header.size();
}

net::Task<Failure> UpstreamAttempt::connect(std::shared_ptr<const upstream::Peer> peer,
                                            const tls::ClientTarget& target) {
  connection_ = std::make_unique<upstream::UpstreamConnection>(peer, services_.clock().now(), target);
  SocketAddress from;
  const SocketAddress* bind_to = fill_bind_address(from) ? &from : nullptr;
  net::IoResult result = co_await net::connect(services_.reactor, connection_->stream, peer->address, bind_to,
                                               *settings_.connect_timeout);
  if (result.ok()) {
    const int on = 1;
    if (*settings_.socket_keepalive)
      ::setsockopt(connection_->stream.fd(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    co_return send_proxy_header() ? Failure::none : Failure::send;
  }
  if (result.status == net::IoStatus::failed && is_local_error(result.error)) {
    state_.error = result.error;
    co_return Failure::local;
  }
  co_return classify(result, Failure::connect_timeout, Failure::connect);
}

net::Task<Failure> UpstreamAttempt::shake_hands(upstream::GroupPool& pool, net::Clock::Steady begun) {
  const auto end = begun + *settings_.connect_timeout;
  const auto left = std::max(milliseconds{1}, std::chrono::ceil<milliseconds>(end - services_.clock().now()));
  upstream::UpstreamConnection& connection = *connection_;
  upstream::HandshakeResult shaken = co_await upstream::shake_hands(
      connection.stream, connection.target(), connection.peer().address_text, pool.tls_sessions(), left);
  if (shaken.ok()) {
    recorder_.shook_hands(shaken.resumed);
    co_return Failure::none;
  }
  recorder_.handshake_failed();
  state_.reason = std::move(shaken.reason);
  co_return shaken.status == net::IoStatus::timeout ? Failure::connect_timeout : Failure::connect;
}

upstream::Http2Opening UpstreamAttempt::opening(const std::shared_ptr<const upstream::Peer>& peer,
                                                const UpstreamRequest& request) {
  upstream::Http2Opening how;
  how.peer = peer;
  how.target = request.target;
  SocketAddress from;
  if (fill_bind_address(from)) how.bind_to = from;
  how.socket_keepalive = *settings_.socket_keepalive;
  how.connect_timeout = *settings_.connect_timeout;
  how.send_timeout = *settings_.send_timeout;
  how.config = std::shared_ptr<const conf::Upstream>(*request.group, &(*request.group)->config());
  return how;
}

Http2Attempt& UpstreamAttempt::http2() {
  if (!http2_) http2_ = std::make_unique<Http2Attempt>(services_, context_, client_, recorder_, state_);
  return *http2_;
}

void UpstreamAttempt::cancel() {
  if (connection_) connection_->stream.channel().cancel();
  if (http2_) http2_->cancel();
}

void UpstreamAttempt::end() {
  connection_.reset();
  if (http2_) http2_->leave();
}

// Not a coroutine: with a kept connection and a request that fits into its socket only read_head() has a frame, so that a
// thousand waiting requests take that much less of the processor's caches.
net::Task<Failure> UpstreamAttempt::run(const std::shared_ptr<const upstream::Peer>& peer, upstream::GroupPool& pool,
                                        const UpstreamRequest& request, bool allow_pooled) {
  state_.sent = state_.complete = early_response_ = interim_waits_ = was_reset_ = false;
  state_.error = 0;
  state_.reason.clear();
  if (*settings_.http_version == 20) return http2().run(opening(peer, request), pool, request, allow_pooled);
  connection_ = allow_pooled ? pool.take(*peer, request.target) : nullptr;
  if (!connection_) return connect_and_ask(peer, pool, request);
  recorder_.connected(std::nullopt);
  context_.attempts.back().connect_ms = 0;
  return ask(request);
}

net::Task<Failure> UpstreamAttempt::connect_and_ask(std::shared_ptr<const upstream::Peer> peer,
                                                    upstream::GroupPool& pool, const UpstreamRequest& request) {
  const auto begun = services_.clock().now();
  Failure failure = co_await connect(std::move(peer), request.target);
  if (failure == Failure::none && request.target) failure = co_await shake_hands(pool, begun);
  if (failure != Failure::none) co_return failure;
  const auto connect_time = services_.clock().now() - begun;
  recorder_.connected(connect_time);
  context_.attempts.back().connect_ms = std::chrono::duration_cast<milliseconds>(connect_time).count();
  failure = co_await ask(request);
  co_return failure;
}

net::Task<Failure> UpstreamAttempt::ask(const UpstreamRequest& request) {
  ++connection_->requests;
  return send_at_once(request) ? read_head(request) : send_and_read(request);
}

net::Task<Failure> UpstreamAttempt::send_and_read(const UpstreamRequest& request) {
  Failure failure = co_await send(request);
  if (failure == Failure::none || early_response_) failure = co_await read_head(request);
  co_return failure;
}

bool UpstreamAttempt::died_unused(Failure failure) const {
  if (http2_) return http2_->died_unused(failure);
  const bool died_silently = failure == Failure::send || failure == Failure::closed_early;
  return died_silently && connection_->is_reused() && connection_->buffer.empty();
}

// Waits for room, but also for a response that comes early (threat R13): then the rest is not sent.
net::Task<Failure> UpstreamAttempt::wait_for_room() {
  net::Channel& channel = connection_->stream.channel();
  auto timeout = *settings_.send_timeout;
  net::Channel::Waiter room = interim_waits_ ? channel.writable(timeout) : channel.readable_or_writable(timeout);
  net::Wake wake = co_await room;
  if (wake == net::Wake::timeout) co_return Failure::send_timeout;
  if (wake == net::Wake::cancelled) co_return Failure::send;
  co_return response_came_early() ? Failure::send : Failure::none;
}

// Whether bytes (or the end) came from the upstream before the request was sent; then the rest is not sent.
bool UpstreamAttempt::response_came_early() {
  net::Channel& channel = connection_->stream.channel();
  if (!channel.maybe_readable()) return false;
  char start[10];
  const net::IoResult peeked = connection_->stream.try_peek(start);
  if (peeked.ok() && peeked.bytes == 0) return false;
  // An interim response ends nothing: it is read when the request is out.
  interim_waits_ = peeked.bytes == sizeof start && std::string_view(start, 7) == "HTTP/1." && start[9] == '1';
  early_response_ = !interim_waits_;
  return early_response_;
}

// What the upstream said before it closed is still there to be read: its answer, as for nginx.
Failure UpstreamAttempt::failed_to_send(const net::IoResult& result) {
  if (result.error == EPIPE || result.error == ECONNRESET) {
    was_reset_ = was_reset_ || result.error == ECONNRESET;
    connection_->stream.channel().mark_readable();
    char start;
    const net::IoResult peeked = connection_->stream.try_peek({&start, 1});
    early_response_ = peeked.ok() && peeked.bytes > 0;
  }
  return classify(result, Failure::send_timeout, Failure::send);
}

net::Task<Failure> UpstreamAttempt::send_pieces(std::span<iovec> pieces) {
  net::Stream& stream = connection_->stream;
  pieces = net::skip_bytes(pieces, 0);
  if (response_came_early()) co_return Failure::send;
  while (!pieces.empty() || stream.has_unsent()) {
    net::IoResult result = stream.try_write(pieces.data(), std::min<std::size_t>(pieces.size(), 64));
    if (!result.ok()) co_return failed_to_send(result);
    if (result.bytes > 0) state_.sent = true;
    context_.attempts.back().bytes_sent += result.bytes;
    pieces = net::skip_bytes(pieces, result.bytes);
    if (pieces.empty() && !stream.has_unsent()) break;
    if (stream.tls() == nullptr) stream.channel().clogged();
    Failure failure = co_await wait_for_room();
    if (failure != Failure::none) co_return failure;
  }
  co_return Failure::none;
}

namespace {

/// The head, and the body as far as it is in memory.
std::size_t pieces_of(const UpstreamRequest& request, iovec* pieces) {
  pieces[0] = piece(request.head);
  const std::string_view body = request.body_in_memory();
  if (body.empty()) return 1;
  pieces[1] = piece(body);
  return 2;
}

}  // namespace

// The common case: everything fits into the socket and no coroutine is needed.
bool UpstreamAttempt::send_at_once(const UpstreamRequest& request) {
  iovec pieces[2];
  std::size_t count = pieces_of(request, pieces);
  std::size_t size = pieces[0].iov_len + (count > 1 ? pieces[1].iov_len : 0);
  net::IoResult result = connection_->stream.try_write(pieces, count);
  head_and_body_sent_ = result.bytes;
  state_.sent = result.bytes > 0;
  context_.attempts.back().bytes_sent += result.bytes;
  state_.complete = result.bytes == size && !request.stream_body && !request.has_file() &&
                    !connection_->stream.has_unsent();
  return state_.complete;
}

net::Task<Failure> UpstreamAttempt::send(const UpstreamRequest& request) {
  iovec pieces[2];
  std::size_t count = pieces_of(request, pieces);
  Failure failure = co_await send_pieces(net::skip_bytes({pieces, count}, head_and_body_sent_));
  if (failure == Failure::none && request.has_file())
    failure = co_await send_file(*request.body);
  if (failure == Failure::none && request.stream_body) failure = co_await send_streamed(request);
  state_.complete = failure == Failure::none;
  co_return failure;
}

net::Task<Failure> UpstreamAttempt::send_file(const RequestBody& body) {
  for (std::uint64_t sent = 0; sent < body.size() || connection_->stream.has_unsent();) {
    Failure failure = co_await wait_for_room();
    net::IoResult result;
    // sendfile keeps to itself why it stopped: whether that was a reset, only the next call tells, and not how.
    if (failure != Failure::none) result = connection_->stream.try_write(nullptr, 0);
    else result = connection_->stream.try_send_file(body.file(), sent, body.size() - sent);
    was_reset_ = result.status == net::IoStatus::failed;
    if (failure != Failure::none) co_return failure;
    if (!result.ok()) co_return failed_to_send(result);
    sent += result.bytes;
    context_.attempts.back().bytes_sent += result.bytes;
  }
  co_return Failure::none;
}

// An upstream that answers while the client is slow ends the wait for the client.
net::Task<BodyPiece> UpstreamAttempt::read_client_body() {
  net::Channel& channel = connection_->stream.channel();
  if (!interim_waits_)
    channel.set_hook([](net::Channel&, void* client) { static_cast<ClientStream*>(client)->stop_reading_body(); },
                     &client_);
  BodyPiece body = co_await client_.read_body();
  channel.set_hook(nullptr, nullptr);
  co_return body;
}

net::Task<Failure> UpstreamAttempt::send_streamed(const UpstreamRequest& request) {
  conf::Bytes limit = *context_.location->core.client_max_body_size;
  std::uint64_t total = 0;
  for (;;) {
    BodyPiece body = co_await read_client_body();
    const bool was_interrupted = body.status == BodyPiece::Status::interrupted;
    if ((was_interrupted || body.status == BodyPiece::Status::closed) && !client_.is_gone()) {
      if (response_came_early()) co_return Failure::send;
      // What made the socket readable was no response: a 1xx, or TLS's own, as the tickets of a server of TLS 1.3 are.
      if (was_interrupted || interim_waits_) continue;
    }
    if (body.status != BodyPiece::Status::data && body.status != BodyPiece::Status::end) {
      state_.client_status = body_failure_status(body);
      co_return Failure::send;
    }
    state_.body_consumed = state_.body_consumed || !body.data.empty();
    total += body.data.size();
    if (limit != 0 && total > limit) {
      state_.client_status = 413;
      co_return Failure::send;
    }
    bool ends = body.status == BodyPiece::Status::end;
    char chunk_head[20];
    iovec pieces[3];
    std::size_t count = 0;
    if (request.chunked && (ends || !body.data.empty()))
      pieces[count++] = {chunk_head, http::write_chunk_head(chunk_head, body.data.size())};
    if (!body.data.empty()) pieces[count++] = piece(body.data);
    if (request.chunked && (ends || !body.data.empty())) pieces[count++] = piece("\r\n");
    Failure failure = co_await send_pieces({pieces, count});
    if (failure != Failure::none) co_return failure;
    if (ends) co_return Failure::none;
  }
}

net::Task<Failure> UpstreamAttempt::read_head(const UpstreamRequest& request) {
  http::HeadLimits limits;
  limits.line = limits.total = *settings_.buffer_size;
  limits.fields = 1000;
  limits.underscores = true;
  upstream::UpstreamConnection& connection = *connection_;
  for (int interim = 0; interim <= most_interim_responses;) {
    parser_.start(limits, request.method, head_);
    http::ParseState state;
    while ((state = parser_.parse(connection.buffer.readable())) == http::ParseState::need_more) {
      net::Wake wake = co_await connection.stream.channel().readable(*settings_.read_timeout);
      if (wake == net::Wake::timeout) co_return Failure::read_timeout;
      if (wake == net::Wake::cancelled) co_return Failure::closed_early;
      // Taken only now: requests that wait own no buffer, and the few in circulation stay in the processor's caches.
      services_.buffers.grow(connection.buffer, std::max(net::BufferPool::medium, limits.total + 1));
      if (connection.buffer.writable().empty()) co_return Failure::invalid_header;
      net::IoResult result = connection.stream.try_read(connection.buffer.writable());
      if (!result.ok()) co_return classify(result, Failure::read_timeout, Failure::closed_early);
      connection.buffer.produced(result.bytes);
      context_.attempts.back().bytes_received += result.bytes;
    }
    if (state == http::ParseState::rejected) co_return Failure::invalid_header;
    connection.buffer.consumed(parser_.head_size());
    bool is_switch = head_.status == 101;
    const bool is_asked_for = request.asks_upgrade && client_.accepts_switch(head_);
    if (is_switch && !is_asked_for) {  // threat S38: neither side may be taken for a tunnel
      client_.close_after_response();
      co_return Failure::invalid_header;
    }
    if (head_.status >= 200 || is_switch) co_return Failure::none;
    ++interim;  // 100, 102, 103 are not passed on, as in nginx
    connection.buffer.compact();
  }
  co_return Failure::invalid_header;
}

// ---- the body of the response ---------------------------------------------------------------------------------------

net::IoResult UpstreamAttempt::try_read(std::span<char> buffer) {
  if (upstream::Http2Stream* stream = http2_stream()) return stream->read(buffer);
  net::IoResult result = connection_->stream.try_read(buffer);
  // After a hang-up the channel stays readable; nothing then means that nothing will ever come.
  if (result.ok() && result.bytes == 0 && connection_->stream.channel().peer_closed())
    result.status = connection_->stream.tls() == nullptr ? net::IoStatus::eof : net::IoStatus::failed;
  if (result.status == net::IoStatus::eof && was_reset_ && connection_->stream.tls() == nullptr)
    result.status = net::IoStatus::failed;
  return result;
}

}  // namespace drishti::request
