#pragma once
// One attempt at one peer: a connection from the pool or a new one, the request sent, the response head read, all under
// their deadlines. What happens then is the caller's (proxy_exchange).

#include <cstdint>
#include <memory>
#include <string_view>
#include <variant>

#include "context/request_context.hpp"
#include "http/head_parser.hpp"
#include "net/task.hpp"
#include "request/attempt_state.hpp"
#include "request/client_stream.hpp"
#include "request/http2_attempt.hpp"
#include "request/request_body.hpp"
#include "request/retry_policy.hpp"
#include "request/upstream_recorder.hpp"
#include "request/worker_services.hpp"
#include "upstream/connection_pool.hpp"
#include "upstream/upstream_group.hpp"
#include "upstream/upstream_handshake.hpp"

namespace drishti::request {

/// What is sent: the same for every attempt of a request.
struct UpstreamRequest {
  std::string_view head;
  http::Method method = http::Method::get;  ///< as sent: HEAD has no response body
  const RequestBody* body = nullptr;   ///< gathered body, or null
  std::string_view configured_body;    ///< proxy_set_body
  bool stream_body = false;            ///< proxy_request_buffering off: read from the client on the way
  bool chunked = false;                ///< the streamed body goes out in chunks
  bool asks_upgrade = false;
  bool trailers = false;               ///< HTTP/2: the client understands trailers
  tls::ClientTarget target;            ///< no context: without TLS
  const std::shared_ptr<upstream::UpstreamGroup>* group = nullptr;

  bool has_file() const { return body && body->in_file() && configured_body.empty(); }
  std::string_view body_in_memory() const {
    return configured_body.empty() && body && !body->in_file() ? body->memory() : configured_body;
  }
};

class UpstreamAttempt {
 public:
  UpstreamAttempt(WorkerServices& services, context::RequestContext& context, ClientStream& client,
                  UpstreamRecorder& recorder);

  /// Sends REQUEST to PEER and reads the response head. `allow_pooled`: a kept connection may be used.
  /// Failure::none: head() is complete and connection() stands at the body.
  net::Task<Failure> run(const std::shared_ptr<const upstream::Peer>& peer, upstream::GroupPool& pool,
                         const UpstreamRequest& request, bool allow_pooled);

  http::ResponseHead& head() { return head_; }
  upstream::UpstreamConnectionPtr& connection() { return connection_; }  ///< of HTTP/1
  /// Ends every wait of the attempt.
  void cancel();
  /// The attempt led to nothing: parts with the upstream.
  void end();

  // ---- the body of the response ----
  /// Bytes that came with the head.
  net::Buffer& unread() { return connection_ ? connection_->buffer : head_memory_; }
  struct Readable {
    std::variant<net::Channel::Waiter, upstream::WaitPoint::Awaiter> way;
    bool await_ready() const {
      return std::visit([](const auto& waiter) { return waiter.await_ready(); }, way);
    }
    void await_suspend(std::coroutine_handle<> handle) {
      std::visit([handle](auto& waiter) { waiter.await_suspend(handle); }, way);
    }
    net::Wake await_resume() {
      return std::visit([](auto& waiter) { return waiter.await_resume(); }, way);
    }
  };
  /// Ready when try_read() has something to tell.
  Readable readable(std::chrono::milliseconds timeout) {
    if (upstream::Http2Stream* stream = http2_stream()) return {stream->readable(timeout)};
    return {connection_->stream.channel().readable(timeout)};
  }
  /// ok with 0 bytes: nothing now. eof: the end, proper or not as the framing says. failed: cut.
  net::IoResult try_read(std::span<char> buffer);
  /// How the body's end is found. A stream of HTTP/2 that announces trailers has to tell itself.
  http::BodyFraming framing() const {
    const bool waits_for_end = http2_stream() != nullptr && head_.body.kind == http::BodyKind::length &&
                               head_.body.length > 0 && head_.fields.has(http::FieldId::trailer);
    return waits_for_end ? http::BodyFraming{http::BodyKind::until_close, 0} : head_.body;
  }
  /// HTTP/2: nothing is left of the body, and it ended properly.
  bool has_ended() const { return http2_ && http2_->has_ended(); }
  /// HTTP/2: there is something to read now.
  bool has_waiting_body() const { return http2_ && http2_->stream() && http2_->stream()->has_body(); }
  /// The stream of HTTP/2, or null.
  upstream::Http2Stream* http2_stream() const { return http2_ ? http2_->stream() : nullptr; }
  /// The request is still being sent, beside the response.
  bool is_sending() const { return http2_ && http2_->is_sending(); }
  net::Task<void> stop_sending() { return http2_->stop_sending(); }
  /// Parts with the connection; the memory that head() points into stays until the next run().
  upstream::UpstreamConnectionPtr release_connection();
  /// A byte of the request may have reached the peer.
  bool request_sent() const { return state_.sent; }
  /// A byte of the streamed body was taken from the client: it can't be sent again.
  bool body_consumed() const { return state_.body_consumed; }
  /// The whole request went out; otherwise the connection can't be kept.
  bool request_complete() const { return state_.complete; }
  /// FAILURE is what run() ended with: the connection was a kept one and died before a byte of the response came.
  bool died_unused(Failure failure) const;
  /// Set when the client's body was bad while it was streamed: the status to answer.
  int client_status() const { return state_.client_status; }
  int error() const { return state_.error; }  ///< errno of the failure, or 0
  /// More than failure and errno tell, in nginx's words; usually "".
  const std::string& reason() const { return state_.reason; }
  http::Reject reject() const { return parser_.reject(); }

 private:
  net::Task<Failure> connect_and_ask(std::shared_ptr<const upstream::Peer> peer, upstream::GroupPool& pool,
                                     const UpstreamRequest& request);
  net::Task<Failure> ask(const UpstreamRequest& request);
  net::Task<Failure> send_and_read(const UpstreamRequest& request);
  net::Task<Failure> connect(std::shared_ptr<const upstream::Peer> peer, const tls::ClientTarget& target);
  net::Task<Failure> shake_hands(upstream::GroupPool& pool, net::Clock::Steady begun);
  upstream::Http2Opening opening(const std::shared_ptr<const upstream::Peer>& peer, const UpstreamRequest& request);
  Http2Attempt& http2();
  bool send_at_once(const UpstreamRequest& request);
  net::Task<Failure> send(const UpstreamRequest& request);
  net::Task<Failure> send_file(const RequestBody& body);
  net::Task<Failure> send_streamed(const UpstreamRequest& request);
  net::Task<Failure> wait_for_room();
  bool response_came_early();
  net::Task<BodyPiece> read_client_body();
  net::Task<Failure> send_pieces(std::span<iovec> pieces);
  net::Task<Failure> read_head(const UpstreamRequest& request);
  Failure failed_to_send(const net::IoResult& result);
  Failure classify(const net::IoResult& result, Failure on_timeout, Failure on_failure);
  bool fill_bind_address(SocketAddress& address);
  bool send_proxy_header();

  WorkerServices& services_;
  context::RequestContext& context_;
  ClientStream& client_;
  UpstreamRecorder& recorder_;
  const conf::ProxySettings& settings_;
  upstream::UpstreamConnectionPtr connection_;
  net::Buffer head_memory_;  ///< the buffer of a connection that was released
  http::ResponseParser parser_;
  http::ResponseHead& head_;
  AttemptState state_;
  std::unique_ptr<Http2Attempt> http2_;  ///< made by the first attempt that speaks HTTP/2
  std::size_t head_and_body_sent_ = 0;   ///< what send_at_once() got rid of
  bool early_response_ = false;
  bool interim_waits_ = false;  ///< a 1xx came before the request was out
  bool was_reset_ = false;      ///< a write was told so: the end that a read sees is none
};

}  // namespace drishti::request
