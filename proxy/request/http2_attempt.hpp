#pragma once
// An attempt over HTTP/2: a stream of a connection that others use, too. A body that is not in memory is sent beside the
// waiting for the response, so that both may go on at once.

#include <memory>
#include <optional>
#include <string>

#include "http/http2_request.hpp"
#include "net/join.hpp"
#include "request/attempt_state.hpp"
#include "request/client_stream.hpp"
#include "request/retry_policy.hpp"
#include "request/upstream_recorder.hpp"
#include "request/worker_services.hpp"
#include "upstream/connection_pool.hpp"

namespace drishti::request {

struct UpstreamRequest;

class Http2Attempt {
 public:
  Http2Attempt(WorkerServices& services, context::RequestContext& context, ClientStream& client,
               UpstreamRecorder& recorder, AttemptState& state);

  /// As UpstreamAttempt::run(); OPENING: how a connection is made when there is none.
  net::Task<Failure> run(upstream::Http2Opening opening, upstream::GroupPool& pool, const UpstreamRequest& request,
                         bool allow_pooled);
  /// Null before the request was sent.
  upstream::Http2Stream* stream() { return stream_.get(); }
  bool has_ended() const {
    return stream_ && stream_->end() == upstream::StreamEnd::complete && !stream_->has_body();
  }
  /// As UpstreamAttempt::died_unused().
  bool died_unused(Failure failure) const;
  /// Ends every wait of the attempt.
  void cancel();
  /// The upstream is not needed any more.
  void leave();
  /// Ends the sending that goes on beside; to be awaited before this goes.
  net::Task<void> stop_sending();
  bool is_sending() const { return sender_.has_value(); }

 private:
  net::Task<upstream::Http2Session*> find_session(upstream::Http2Opening opening, upstream::GroupPool& pool,
                                                  bool allow_pooled, Failure& failure);
  Failure take_result(const upstream::OpenResult& result);
  bool begin(upstream::Http2Session& session, const UpstreamRequest& request);
  net::Task<Failure> read_head();
  Failure failure_of_end();
  void keep(std::string_view data);
  net::Task<void> send_client_body();
  net::Task<void> send_file(const UpstreamRequest& request);
  net::Task<bool> send_piece(std::string_view data, bool last);
  net::Task<void> send_beside(net::Task<void> sending);

  WorkerServices& services_;
  context::RequestContext& context_;
  ClientStream& client_;
  UpstreamRecorder& recorder_;
  AttemptState& state_;
  const conf::ProxySettings& settings_;
  upstream::WaitPoint opening_wait_;
  http::Http2Request fields_;
  std::unique_ptr<upstream::Http2Stream> stream_;
  std::optional<net::Companion> sender_;
  std::string kept_body_;  ///< of a streamed body, all that was taken from the client; unless state_.body_consumed
  Failure sending_failure_ = Failure::none;
  bool is_stopping_ = false;
  bool sends_now_ = false;
  bool waits_for_client_ = false;
  bool may_repeat_afresh_ = false;  ///< on another connection to the same peer
  bool is_reused_ = false;
};

}  // namespace drishti::request
