#include "request/upstream_recorder.hpp"

namespace drishti::request {

using metrics::recording;
using metrics::RetryCause;

namespace {

std::uint64_t nanoseconds(net::Clock::Steady time) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count());
}

}  // namespace

void UpstreamRecorder::enter(metrics::UpstreamMetrics& group, net::Clock::Steady now) {
  if constexpr (!recording) return;
  group_ = &group;
  entered_ = now;
  group.busy.begin(nanoseconds(now));
}

void UpstreamRecorder::attempt_begun(const upstream::Peer& peer) {
  if constexpr (!recording) return;
  has_tried_ = true;
  peer_ = counters(peer);
  if (peer_) peer_->requests.add();
}

void UpstreamRecorder::connected(std::optional<std::chrono::nanoseconds> connect_time) {
  if (!group_) return;
  if (!connect_time) return group_->connections_reused.add();
  group_->connections_opened.add();
  group_->connect.observe(*connect_time);
}

void UpstreamRecorder::shook_hands(bool resumed) {
  if (group_) (resumed ? group_->tls_resumed : group_->tls_full).add();
}

void UpstreamRecorder::handshake_failed() {
  if (group_) group_->tls_failed.add();
}

void UpstreamRecorder::head_came(std::chrono::nanoseconds first_byte) {
  if (group_) group_->first_byte.observe(first_byte);
}

void UpstreamRecorder::attempt_ended(const context::Attempt& attempt) {
  if (!peer_) return;
  if (attempt.status != 0) peer_->responses.add(attempt.status);
  peer_->sent_bytes.add(attempt.bytes_sent);
  peer_->received_bytes.add(attempt.bytes_received);
  peer_ = nullptr;
}

void UpstreamRecorder::peer_failed(const upstream::Peer& peer) {
  if constexpr (!recording) return;
  if (auto* of_peer = counters(peer)) of_peer->failures.add();
}

void UpstreamRecorder::retried(RetryCause cause) {
  if (group_) group_->retries[static_cast<std::size_t>(cause)].add();
}

void UpstreamRecorder::refused_retry() {
  if (group_) group_->retries_refused.add();
}

void UpstreamRecorder::found_no_live_peer() {
  if (group_) group_->no_live_peer.add();
}

void UpstreamRecorder::left_queue(metrics::QueueResult result, net::Clock::Steady now) {
  if (!group_) return;
  group_->queued[static_cast<std::size_t>(result)].add();
  if (result != metrics::QueueResult::full) group_->queue_wait.observe(now - entered_);
}

void UpstreamRecorder::leave(int status, net::Clock::Steady now) {
  if (!group_) return;
  group_->busy.end(nanoseconds(now));
  group_->requests.add(status);
  if (has_tried_) group_->request.observe(now - entered_);  // a refusal at once would make a dead group look fast
  group_ = nullptr;
}

RetryCause retry_cause(Failure failure) {
  switch (failure) {
    case Failure::connect: return RetryCause::connect_error;
    case Failure::connect_timeout: return RetryCause::connect_timeout;
    case Failure::send: return RetryCause::send_error;
    case Failure::send_timeout: return RetryCause::send_timeout;
    case Failure::read_timeout: return RetryCause::read_timeout;
    case Failure::invalid_header: return RetryCause::invalid_header;
    case Failure::local: return RetryCause::no_resources;
    case Failure::none:
    case Failure::no_live_peer:
    case Failure::refused:
    case Failure::closed_early: break;
  }
  return RetryCause::closed_early;
}

RetryCause retry_cause(int status) {
  switch (status) {
    case 403: return RetryCause::http_403;
    case 404: return RetryCause::http_404;
    case 429: return RetryCause::http_429;
    case 502: return RetryCause::http_502;
    case 503: return RetryCause::http_503;
    case 504: return RetryCause::http_504;
    default: return RetryCause::http_500;
  }
}

}  // namespace drishti::request
