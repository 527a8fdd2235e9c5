#pragma once
// Peer: one address of an upstream. PeerState: what is counted about it, process-wide, surviving reloads.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "conf/config.hpp"
#include "conf/socket_address.hpp"
#include "health/peer_health.hpp"
#include "metrics/per_worker.hpp"
#include "upstream/request_queue.hpp"

namespace drishti::upstream {

/// Process-wide counts of a peer. Shared by all workers and generations through PeerRegistry.
struct alignas(64) PeerState {
  PeerState() = default;
  explicit PeerState(unsigned workers) : counters(workers) {}

  std::atomic<std::int32_t> in_flight{0};  ///< requests now at this peer (idle connections are not counted)
  health::PeerHealth health;               ///< max_fails and fail_timeout, checks, ejections, slow start
  metrics::PerWorker<metrics::PeerMetrics> counters;  ///< none for peers of a proxy_pass with variables
};

/// Immutable description of one address; `state` is shared.
struct Peer {
  SocketAddress address;
  std::string address_text;  ///< `127.0.0.1:3000`: $upstream_addr
  std::string server_name;   ///< the `server` line: `api1:3000`
  std::string sticky_name;   ///< what `sticky` calls it; "" without
  int weight = 1;
  int max_fails = 1;
  std::chrono::seconds fail_timeout{10};
  int max_conns = 0;
  bool backup = false;
  bool down = false;
  bool drain = false;         ///< its PeerHealth says so, too
  std::chrono::milliseconds slow_start{0};
  std::shared_ptr<PeerState> state;
  std::shared_ptr<RequestQueue> queue;  ///< of the group; told when a lease ends. Null without `queue`

  health::PassiveHealth::Limits limits() const { return {max_fails, fail_timeout.count()}; }
};

/// Holds one unit of in_flight; gives it back when it ends, on every path.
class PeerLease {
 public:
  PeerLease() = default;
  explicit PeerLease(std::shared_ptr<const Peer> peer) : peer_(std::move(peer)) {}
  PeerLease(PeerLease&&) noexcept = default;
  PeerLease& operator=(PeerLease&& other) noexcept {
    release();
    peer_ = std::move(other.peer_);
    return *this;
  }
  ~PeerLease() { release(); }
  const Peer& operator*() const { return *peer_; }
  const Peer* operator->() const { return peer_.get(); }
  const std::shared_ptr<const Peer>& peer() const { return peer_; }
  explicit operator bool() const { return peer_ != nullptr; }
  void release() {
    if (!peer_) return;
    peer_->state->in_flight.fetch_sub(1, std::memory_order_seq_cst);
    if (peer_->queue) peer_->queue->wake();
    peer_.reset();
  }

 private:
  std::shared_ptr<const Peer> peer_;  // keeps the peer alive while DNS takes it out of the group
};

}  // namespace drishti::upstream
