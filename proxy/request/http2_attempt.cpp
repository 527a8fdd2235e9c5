#include "request/http2_attempt.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>

#include "request/upstream_attempt.hpp"

namespace drishti::request {

using upstream::StreamEnd;

Http2Attempt::Http2Attempt(WorkerServices& services, context::RequestContext& context, ClientStream& client,
                           UpstreamRecorder& recorder, AttemptState& state)
    : services_(services),
      context_(context),
      client_(client),
      recorder_(recorder),
      state_(state),
      settings_(context.location->proxy),
      opening_wait_(services.reactor) {}

net::Task<Failure> Http2Attempt::run(upstream::Http2Opening opening, upstream::GroupPool& pool,
                                     const UpstreamRequest& request, bool allow_pooled) {
  if (is_sending()) co_await stop_sending();
  may_repeat_afresh_ = allow_pooled;
  sending_failure_ = Failure::none;
  stream_.reset();
  Failure failure = Failure::none;
  upstream::Http2Session* session = co_await find_session(std::move(opening), pool, allow_pooled, failure);
  if (session == nullptr) co_return failure;
  if (!begin(*session, request)) co_return Failure::refused;
  if (request.stream_body) sender_.emplace(send_beside(send_client_body()));
  else if (request.has_file()) sender_.emplace(send_beside(send_file(request)));
  failure = co_await read_head();
  co_return failure;
}

// ---- a connection ---------------------------------------------------------------------------------------------------

net::Task<upstream::Http2Session*> Http2Attempt::find_session(upstream::Http2Opening opening, upstream::GroupPool& pool,
                                                              bool allow_pooled, Failure& failure) {
  context::Attempt& trace = context_.attempts.back();
  upstream::Http2Session* session = allow_pooled ? pool.http2().find(*opening.peer, opening.target) : nullptr;
  if (session != nullptr) {
    recorder_.connected(std::nullopt);
    trace.connect_ms = 0;
    co_return session;
  }
  const auto begun = services_.clock().now();
  upstream::OpenResult result;
  session = co_await pool.http2().get(std::move(opening), !allow_pooled, opening_wait_, result);
  if (result.resumed) recorder_.shook_hands(*result.resumed);
  if (result.handshake_failed) recorder_.handshake_failed();
  if (session == nullptr) {
    failure = take_result(result);
    co_return nullptr;
  }
  const auto connect_time = services_.clock().now() - begun;
  recorder_.connected(connect_time);
  trace.connect_ms = std::chrono::duration_cast<std::chrono::milliseconds>(connect_time).count();
  co_return session;
}

Failure Http2Attempt::take_result(const upstream::OpenResult& result) {
  using Kind = upstream::OpenResult::Kind;
  state_.error = result.error;
  state_.reason = result.reason;
  switch (result.kind) {
    case Kind::timeout: return Failure::connect_timeout;
    case Kind::local: return Failure::local;
    default: return Failure::connect;
  }
}

// ---- the request ----------------------------------------------------------------------------------------------------

/// False: nothing was sent, because the connection went away meanwhile.
bool Http2Attempt::begin(upstream::Http2Session& session, const UpstreamRequest& request) {
  http::make_http2_request(request.head, request.target ? "https" : "http", request.trailers, fields_);
  stream_ = std::make_unique<upstream::Http2Stream>(services_.reactor, services_.buffers, request.method,
                                                    *settings_.buffer_size);
  const std::string_view body = request.body_in_memory();
  const bool has_body = request.stream_body || request.has_file() || !body.empty();
  if (!body.empty()) stream_->send(body, true);
  if (!session.submit(*stream_, fields_.fields, has_body)) return false;
  is_reused_ = session.is_reused();
  state_.sent = true;
  context_.attempts.back().bytes_sent += fields_.text.size() + body.size();
  return true;
}

net::Task<void> Http2Attempt::send_beside(net::Task<void> sending) {
  sends_now_ = true;
  co_await std::move(sending);
  sends_now_ = false;
  if (stream_ && (state_.client_status != 0 || sending_failure_ != Failure::none)) stream_->cancel();
}

/// False: nobody wants more of it.
net::Task<bool> Http2Attempt::send_piece(std::string_view data, bool last) {
  context_.attempts.back().bytes_sent += data.size();
  stream_->send(data, last);
  const net::Wake wake = co_await stream_->sent(*settings_.send_timeout);
  if (wake == net::Wake::timeout) sending_failure_ = Failure::send_timeout;
  co_return wake == net::Wake::ready && stream_->end() == StreamEnd::open && !is_stopping_;
}

/// Remembers what was taken from the client, as long as it is little: a stream that was refused can then be sent again.
void Http2Attempt::keep(std::string_view data) {
  if (state_.body_consumed) return;
  state_.body_consumed = kept_body_.size() + data.size() > *context_.location->core.client_body_buffer_size;
  if (state_.body_consumed) kept_body_ = {};
  else kept_body_.append(data);
}

net::Task<void> Http2Attempt::send_client_body() {
  const conf::Bytes limit = *context_.location->core.client_max_body_size;
  std::uint64_t total = kept_body_.size();
  if (total > 0) {
    const bool goes_on = co_await send_piece(kept_body_, false);
    if (!goes_on) co_return;
  }
  while (!is_stopping_ && stream_->end() == StreamEnd::open) {
    waits_for_client_ = true;
    BodyPiece body = co_await client_.read_body();
    waits_for_client_ = false;
    if (is_stopping_) co_return;
    if (body.status == BodyPiece::Status::interrupted && !client_.is_gone()) continue;
    state_.client_status = body_failure_status(body);
    keep(body.data);
    total += body.data.size();
    if (limit != 0 && total > limit) state_.client_status = 413;
    if (state_.client_status != 0) co_return;
    const bool ends = body.status == BodyPiece::Status::end;
    const http::FieldList* trailers = ends ? client_.request_trailers() : nullptr;
    if (trailers != nullptr) stream_->set_request_trailers(*trailers);
    const bool goes_on = co_await send_piece(body.data, ends);
    if (ends || !goes_on) co_return;
  }
}

net::Task<void> Http2Attempt::send_file(const UpstreamRequest& request) {
  std::array<char, 16 << 10> part;
  constexpr std::uint64_t share = 256 << 10;  // then the others of this worker, who may wait while a peer takes all at once
  const std::uint64_t size = request.body->size();
  for (std::uint64_t sent = 0; sent < size;) {
    const ssize_t n = ::pread(request.body->file(), part.data(), part.size(), static_cast<off_t>(sent));
    if (n <= 0) {
      state_.error = errno;
      sending_failure_ = Failure::local;
      co_return;
    }
    sent += static_cast<std::uint64_t>(n);
    const bool goes_on = co_await send_piece({part.data(), static_cast<std::size_t>(n)}, sent == size);
    if (!goes_on) co_return;
    if (sent % share == 0) co_await services_.reactor.next_turn();
    if (is_stopping_) co_return;
  }
}

net::Task<void> Http2Attempt::stop_sending() {
  is_stopping_ = true;
  if (stream_) stream_->cancel();
  if (waits_for_client_) client_.stop_reading_body();
  co_await sender_->join();
  sender_.reset();
  is_stopping_ = false;
}

// ---- the response ---------------------------------------------------------------------------------------------------

// While the request is still being sent, its own deadlines hold.
net::Task<Failure> Http2Attempt::read_head() {
  while (!stream_->has_head() && stream_->end() == StreamEnd::open) {
    const net::Wake wake = co_await stream_->readable(*settings_.read_timeout);
    if (state_.client_status != 0) co_return Failure::send;
    if (sending_failure_ != Failure::none) co_return sending_failure_;
    if (wake == net::Wake::cancelled) co_return Failure::closed_early;
    if (wake == net::Wake::timeout && !sends_now_) co_return Failure::read_timeout;
  }
  if (!stream_->has_head()) co_return failure_of_end();
  stream_->take_head(context_.upstream_response);
  context_.attempts.back().bytes_received += stream_->head_bytes();
  co_return Failure::none;
}

Failure Http2Attempt::failure_of_end() {
  constexpr const char* reading = " while reading response header from upstream";
  switch (stream_->end()) {
    case StreamEnd::refused:
      state_.sent = false;
      return Failure::refused;
    case StreamEnd::too_big:
      state_.reason = std::string("upstream sent too big header") + reading;
      return Failure::invalid_header;
    case StreamEnd::malformed: return Failure::invalid_header;
    case StreamEnd::reset:
      state_.reason = "upstream rejected request with error " + std::to_string(stream_->error_code()) + reading;
      return Failure::closed_early;
    default: return Failure::closed_early;
  }
}

bool Http2Attempt::died_unused(Failure failure) const {
  if (!may_repeat_afresh_) return false;
  if (failure == Failure::refused) return true;
  return failure == Failure::closed_early && is_reused_ && stream_ && stream_->end() == StreamEnd::lost &&
         !stream_->was_answered();
}

void Http2Attempt::cancel() {
  opening_wait_.wake(net::Wake::cancelled);
  if (stream_) stream_->cancel();
}

void Http2Attempt::leave() {
  if (!stream_) return;
  state_.complete = stream_->request_complete();
  stream_->leave();
}

}  // namespace drishti::request
