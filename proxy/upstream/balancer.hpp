#pragma once
// Chooses a peer. One Balancer a worker and group; the algorithm's own state (current weights, random) is the worker's,
// the counts that decide (in flight, health) are process-wide in PeerState.

#include <bitset>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "upstream/peer.hpp"
#include "upstream/upstream_group.hpp"

namespace drishti::upstream {

/// Peers beyond this index are chosen like the others, but a retry does not know that they were tried.
inline constexpr std::size_t max_tried_peers = 512;

/// What one request asks of the balancer, kept over its attempts.
struct PickRequest {
  std::string_view hash_key;              ///< hash: the evaluated key; must live as long as the request picks
  const SocketAddress* client = nullptr;  ///< ip_hash
  std::string_view sticky;                ///< the sticky_name that is wanted; lives as hash_key
  std::int64_t now_seconds = 0;           ///< steady clock, whole seconds; update it before each pick
  std::int64_t now_ms = 0;                ///< the same in milliseconds, for slow_start
  std::bitset<max_tried_peers> tried;     ///< by index in the PeerSet, primaries then backups; set by pick()
  std::uint64_t peers_version = 0;        ///< version that `tried` speaks of
  bool is_bound = false;                  ///< the client comes back to a peer: draining ones may have it
  bool in_panic = false;                  ///< health_panic: checks and ejections are ignored
  bool on_backups = false;                ///< no primary was eligible: this request stays with the backups, as in nginx
  std::uint64_t hash = 0;                 ///< ip_hash, hash: the running hash, or the point of the ring
  unsigned rehashes = 0;                  ///< ip_hash, hash: hashes made so far
  unsigned misses = 0;                    ///< ip_hash, hash, random: ineligible choices; past 20 round robin decides

  /// As if nothing had been tried.
  void start_over() {
    tried.reset();
    in_panic = on_backups = false;
    hash = 0;
    rehashes = misses = 0;
  }
};

class Balancer {
 public:
  virtual ~Balancer() = default;
  Balancer(const Balancer&) = delete;
  Balancer& operator=(const Balancer&) = delete;

  /// A lease on the chosen peer (in_flight already counted), or empty: no live upstreams.
  /// Neither allocates nor locks while the membership stays the same and no fail_timeout window opens.
  PeerLease pick(PickRequest& request);
  /// Where requests wait for a peer of this group; null without `queue`, or without peers.
  RequestQueue* queue() { return peers().size() == 0 ? nullptr : (*peers_)[0]->queue.get(); }
  /// After an empty pick(): a peer that could be chosen has max_conns requests, so that waiting makes sense.
  bool has_full_peer(const PickRequest& request) const;
  /// Requests now at the peers of the group, of all workers.
  std::int64_t active() const;
  /// A counted failure of this worker: lowers the peer's effective weight by weight / max_fails (upstream/outcome.hpp
  /// calls it).
  void note_failure(const Peer& peer);

  const UpstreamGroup& group() const { return *group_; }
  UpstreamGroup& group() { return *group_; }
  /// The current membership; refreshed when it changed, so that it can be asked before the first pick.
  const PeerSet& peers();

  /// `worker_index` shifts where round robin begins, so that workers don't all start with the same peer; worker 0 is
  /// exactly nginx's order. `seed` feeds random.
  static std::unique_ptr<Balancer> create(std::shared_ptr<UpstreamGroup> group, unsigned worker_index,
                                          std::uint64_t seed);

 protected:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  /// This worker's view of one peer.
  struct Slot {
    const Peer* peer = nullptr;
    PeerState* state = nullptr;
    int current_weight = 0;
    int effective_weight = 0;
    float credit = 0;          ///< slow_start: requests that it may get now
    bool is_held_back = false;  ///< slow_start: has no credit for this request

    std::int64_t in_flight() const { return state->in_flight.load(std::memory_order_relaxed); }
  };
  /// After so many ineligible choices of one request hash and random leave it to round robin (nginx).
  static constexpr unsigned max_misses = 20;

  /// Slots [begin, end): the primaries or the backups.
  struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
    bool is_backups = false;
  };

  /// The primaries laid side by side, each as long as its weight.
  class WeightLine {
   public:
    void rebuild(const std::vector<Slot>& slots, Range range);
    bool empty() const { return ends_.empty(); }
    /// The slot at POSITION modulo the whole length.
    std::size_t at(std::uint64_t position) const;

   private:
    std::vector<std::uint64_t> ends_;
  };

  Balancer(std::shared_ptr<UpstreamGroup> group, unsigned worker_index)
      : group_(std::move(group)), worker_index_(worker_index) {}

  /// The index of an eligible slot of RANGE, or `none`.
  virtual std::size_t choose(PickRequest& request, Range range) = 0;
  /// slots() changed.
  virtual void membership_changed() {}

  std::vector<Slot>& slots() { return slots_; }
  Range primaries() const { return {0, peers_->primaries.size(), false}; }
  /// Not tried yet, not `down`, not disabled by failures, not at max_conns.
  bool eligible(const PickRequest& request, std::size_t index) const;
  /// One step of smooth weighted round robin over the eligible slots for which CANDIDATE(slot) holds.
  template <class Candidate>
  std::size_t weighted_step(const PickRequest& request, Range range, Candidate candidate) {
    std::size_t best = none;
    int total = 0;
    for (std::size_t i = range.begin; i < range.end; ++i) {
      Slot& slot = slots_[i];
      if (!eligible(request, i) || !candidate(slot)) continue;
      slot.current_weight += slot.effective_weight;
      total += slot.effective_weight;
      if (slot.effective_weight < slot.peer->weight) ++slot.effective_weight;
      if (best == none || slot.current_weight > slots_[best].current_weight) best = i;
    }
    if (best != none) slots_[best].current_weight -= total;
    return best;
  }
  std::size_t round_robin(const PickRequest& request, Range range) {
    return weighted_step(request, range, [](const Slot&) { return true; });
  }

 private:
  void refresh();
  void rebuild_slots();
  void shift_start();
  PeerLease pick_anywhere(PickRequest& request);
  PeerLease pick_in_panic(PickRequest& request);
  PeerLease pick_among(PickRequest& request, Range range);
  void give_credit(const PickRequest& request);
  void end_slow_start();
  PeerLease take(PickRequest& request, std::size_t index);
  std::size_t choose_sticky(PickRequest& request, Range range);
  bool is_well(const PickRequest& request, const Slot& slot) const;
  PeerLease take_single();

  std::shared_ptr<UpstreamGroup> group_;
  unsigned worker_index_;
  std::shared_ptr<const PeerSet> peers_;
  std::uint64_t version_ = 0;
  std::vector<Slot> slots_;
  bool has_slow_start_ = false;  ///< of any peer
};

}  // namespace drishti::upstream
