#pragma once
// UpstreamGroup: a named group of peers as all workers see it. PeerSet: its immutable membership at one moment.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "conf/config.hpp"
#include "upstream/peer.hpp"
#include "upstream/retry_budget.hpp"

namespace drishti::upstream {

/// The peers of a group; replaced as a whole when DNS changes. Primaries first, then backups.
struct PeerSet {
  std::vector<std::shared_ptr<const Peer>> primaries;
  std::vector<std::shared_ptr<const Peer>> backups;
  std::shared_ptr<RetryCount> repeats = std::make_shared<RetryCount>();  ///< of the whole group; never null
  /// nginx's `single`: exactly one address and no backup; max_fails is ignored and nothing is retried.
  bool is_single() const { return primaries.size() == 1 && backups.empty(); }
  /// Attempts allowed by the number of peers: those not `down`, backups included (nginx-semantics 3.3).
  int tries() const;
  std::size_t size() const { return primaries.size() + backups.size(); }
  /// By index over primaries, then backups.
  const std::shared_ptr<const Peer>& operator[](std::size_t i) const {
    return i < primaries.size() ? primaries[i] : backups[i - primaries.size()];
  }
};

/// Shared by all workers. `peers()` costs an atomic load and a reference; `version()` a plain load, so that a worker
/// looks again only when the membership changed.
class UpstreamGroup {
 public:
  explicit UpstreamGroup(std::shared_ptr<const conf::Upstream> config);
  const conf::Upstream& config() const { return *config_; }
  std::shared_ptr<const PeerSet> peers() const;
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
  /// Control thread: a new membership.
  void publish(std::shared_ptr<const PeerSet> peers);
  /// Control thread: CALLBACK runs after each publish(), until the group ends or null replaces it.
  void on_publish(std::function<void()> callback) { on_publish_ = std::move(callback); }
  /// Any thread: connecting to a peer of a resolved name failed; asks for a look-up soon (rate limited by the resolver).
  void ask_for_resolve() { wants_resolve_.store(true, std::memory_order_relaxed); }
  bool take_resolve_request() { return wants_resolve_.exchange(false, std::memory_order_relaxed); }

 private:
  std::shared_ptr<const conf::Upstream> config_;
  mutable std::mutex mutex_;
  std::shared_ptr<const PeerSet> peers_;
  std::atomic<std::uint64_t> version_{0};
  std::atomic<bool> wants_resolve_{false};
  std::function<void()> on_publish_;
};

}  // namespace drishti::upstream
