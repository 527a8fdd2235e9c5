#pragma once
// Counts what one exchange does at its upstream and its peers. Worker thread; no allocation, no lock.

#include <optional>

#include "context/request_context.hpp"
#include "metrics/traffic.hpp"
#include "net/clock.hpp"
#include "request/retry_policy.hpp"
#include "upstream/peer.hpp"

namespace drishti::request {

class UpstreamRecorder {
 public:
  explicit UpstreamRecorder(unsigned worker) : worker_(worker) {}
  ~UpstreamRecorder() = default;
  UpstreamRecorder(const UpstreamRecorder&) = delete;
  UpstreamRecorder& operator=(const UpstreamRecorder&) = delete;

  /// The request turns to an upstream: it is in progress there from now on, until leave(). GROUP outlives the exchange.
  void enter(metrics::UpstreamMetrics& group, net::Clock::Steady now);
  void attempt_begun(const upstream::Peer& peer);
  /// CONNECT_TIME: nothing for a kept connection.
  void connected(std::optional<std::chrono::nanoseconds> connect_time);
  /// TLS with the peer began well, RESUMED from an earlier session or anew; or it failed.
  void shook_hands(bool resumed);
  void handshake_failed();
  void head_came(std::chrono::nanoseconds first_byte);
  /// Before the peer's lease ends.
  void attempt_ended(const context::Attempt& attempt);
  void peer_failed(const upstream::Peer& peer);
  void retried(metrics::RetryCause cause);
  /// retry_budget was spent.
  void refused_retry();
  void found_no_live_peer();
  /// The request's time in the queue of the group is over.
  void left_queue(metrics::QueueResult result, net::Clock::Steady now);
  /// The upstream's part is over; STATUS is what came of it. Later calls change nothing.
  void leave(int status, net::Clock::Steady now);

 private:
  metrics::PeerMetrics* counters(const upstream::Peer& peer) const {
    return peer.state->counters.empty() ? nullptr : &peer.state->counters.of(worker_);
  }

  unsigned worker_;
  metrics::UpstreamMetrics* group_ = nullptr;  ///< set while the request is in progress there
  metrics::PeerMetrics* peer_ = nullptr;       ///< of the attempt in progress
  net::Clock::Steady entered_{};
  bool has_tried_ = false;
};

/// FAILURE is none of `none` and `no_live_peer`, which are never repeated.
metrics::RetryCause retry_cause(Failure failure);
/// STATUS is one that proxy_next_upstream can list.
metrics::RetryCause retry_cause(int status);

}  // namespace drishti::request
