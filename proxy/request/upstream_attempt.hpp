#pragma once
// One attempt at one peer: a connection from the pool or a new one, the request sent, the response head read, all under
// their deadlines. What happens then is the caller's (proxy_exchange).

#include <cstdint>
#include <string_view>

#include "context/request_context.hpp"
#include "http/head_parser.hpp"
#include "net/task.hpp"
#include "request/client_stream.hpp"
#include "request/request_body.hpp"
#include "request/retry_policy.hpp"
#include "request/upstream_recorder.hpp"
#include "request/worker_services.hpp"
#include "upstream/connection_pool.hpp"

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
  upstream::UpstreamConnectionPtr& connection() { return connection_; }
  /// Parts with the connection; the memory that head() points into stays until the next run().
  upstream::UpstreamConnectionPtr release_connection();
  /// A byte of the request may have reached the peer.
  bool request_sent() const { return sent_; }
  /// A byte of the streamed body was taken from the client: it can't be sent again.
  bool body_consumed() const { return body_consumed_; }
  /// The whole request went out; otherwise the connection can't be kept.
  bool request_complete() const { return complete_; }
  /// FAILURE is what run() ended with: the connection was a kept one and died before a byte of the response came.
  bool died_unused(Failure failure) const;
  /// Set when the client's body was bad while it was streamed: the status to answer.
  int client_status() const { return client_status_; }
  int error() const { return error_; }  ///< errno of the failure, or 0
  http::Reject reject() const { return parser_.reject(); }

 private:
  net::Task<Failure> connect_and_ask(std::shared_ptr<const upstream::Peer> peer, const UpstreamRequest& request);
  net::Task<Failure> ask(const UpstreamRequest& request);
  net::Task<Failure> send_and_read(const UpstreamRequest& request);
  net::Task<Failure> connect(std::shared_ptr<const upstream::Peer> peer);
  bool send_at_once(const UpstreamRequest& request);
  net::Task<Failure> send(const UpstreamRequest& request);
  net::Task<Failure> send_file(const RequestBody& body);
  net::Task<Failure> send_streamed(const UpstreamRequest& request);
  net::Task<Failure> wait_for_room();
  bool response_came_early();
  net::Task<BodyPiece> read_client_body();
  net::Task<Failure> send_pieces(std::span<iovec> pieces);
  net::Task<Failure> read_head(const UpstreamRequest& request);
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
  bool sent_ = false;
  bool complete_ = false;
  std::size_t head_and_body_sent_ = 0;   ///< what send_at_once() got rid of
  bool body_consumed_ = false;
  bool early_response_ = false;
  bool interim_waits_ = false;  ///< a 1xx came before the request was out
  int client_status_ = 0;
  int error_ = 0;
};

}  // namespace drishti::request
