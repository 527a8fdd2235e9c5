#include "upstream/balancer.hpp"

#include <algorithm>
#include <utility>

#include "upstream/consistent_hash.hpp"
#include "upstream/hash.hpp"
#include "upstream/ip_hash.hpp"
#include "upstream/least_conn.hpp"
#include "upstream/random.hpp"
#include "upstream/round_robin.hpp"

namespace drishti::upstream {
namespace {

// Counts one more request at the peer unless that would exceed max_conns; exact under any number of workers.
bool acquire(PeerState& state, int max_conns) {
  auto& in_flight = state.in_flight;
  if (max_conns == 0) {
    in_flight.fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  auto count = in_flight.load(std::memory_order_relaxed);
  while (count < max_conns)
    if (in_flight.compare_exchange_weak(count, count + 1, std::memory_order_relaxed)) return true;
  return false;
}

}  // namespace

PeerLease Balancer::pick(PickRequest& request) {
  refresh();
  if (request.peers_version != version_) {  // the indices mean other peers now
    request.tried.reset();
    request.on_backups = false;
    request.peers_version = version_;
  }
  if (peers_->is_single()) return take_single();
  if (has_slow_start_) give_credit(request);
  PeerLease lease = pick_anywhere(request);
  if (!lease && has_slow_start_) {  // better a cold peer than none
    end_slow_start();
    request.on_backups = false;
    lease = pick_anywhere(request);
  }
  if (!lease && group_->config().health_panic) lease = pick_in_panic(request);
  return lease;
}

PeerLease Balancer::pick_anywhere(PickRequest& request) {
  const Range primary = primaries();
  if (!request.on_backups) {
    if (auto lease = pick_among(request, primary)) return lease;
    request.on_backups = !peers_->backups.empty();
  }
  return request.on_backups ? pick_among(request, {primary.end, slots_.size(), true}) : PeerLease();
}

// Only when checks or ejections stand against every peer: a request that failed at the last healthy one is no reason to
// use the others.
PeerLease Balancer::pick_in_panic(PickRequest& request) {
  const bool any_well = std::ranges::any_of(slots_, [](const Slot& slot) {
    return !slot.peer->down && slot.state->health.passes_gate();
  });
  if (any_well && !request.in_panic) return {};
  request.in_panic = true;
  request.on_backups = false;
  return pick_anywhere(request);
}

// A peer that waits for its turn of round robin saves up to two requests meanwhile.
constexpr float most_credit = 2;

// A peer in slow start gets at most its part of its fair share, whatever the method: with least_conn an empty new peer
// would otherwise get everything.
void Balancer::give_credit(const PickRequest& request) {
  float total = 0;
  for (const Slot& slot : slots_) total += static_cast<float>(slot.peer->weight);
  for (Slot& slot : slots_) {
    const auto share = static_cast<float>(slot.state->health.share(request.now_ms));
    slot.is_held_back = false;
    if (share >= 1) continue;
    slot.credit = std::min(slot.credit + share * static_cast<float>(slot.peer->weight) / total, most_credit);
    slot.is_held_back = slot.credit < 1;
  }
}

void Balancer::end_slow_start() {
  for (Slot& slot : slots_) slot.is_held_back = false;
}

PeerLease Balancer::pick_among(PickRequest& request, Range range) {
  // take() fails only when another worker was faster; that makes the peer ineligible, so the next choice differs.
  for (std::size_t attempt = range.begin; attempt <= range.end; ++attempt) {
    std::size_t index = request.sticky.empty() ? none : choose_sticky(request, range);
    if (index == none) index = choose(request, range);
    if (index == none) break;
    if (auto lease = take(request, index)) return lease;
  }
  return {};
}

// Several addresses of one route take turns.
std::size_t Balancer::choose_sticky(PickRequest& request, Range range) {
  request.is_bound = true;
  const std::size_t index =
      weighted_step(request, range, [&](const Slot& slot) { return slot.peer->sticky_name == request.sticky; });
  request.is_bound = false;
  return index;
}

PeerLease Balancer::take(PickRequest& request, std::size_t index) {
  Slot& slot = slots_[index];
  if (!acquire(*slot.state, slot.peer->max_conns)) return {};
  PeerLease lease((*peers_)[index]);
  if (!slot.state->health.chosen(slot.peer->limits(), request.now_seconds)) return {};
  if (index < max_tried_peers) request.tried.set(index);
  if (has_slow_start_) slot.credit = std::max(0.0F, slot.credit - 1);
  return lease;
}

// nginx's `single`: max_fails does not apply, the peer is never disabled; `down`, checks and max_conns do apply.
PeerLease Balancer::take_single() {
  const Slot& slot = slots_.front();
  const health::PeerHealth& health = slot.state->health;
  const bool is_well = health.passes_gate() || (group_->config().health_panic && !health.is_draining());
  if (slot.peer->down || !is_well || !acquire(*slot.state, slot.peer->max_conns)) return {};
  return PeerLease(peers_->primaries.front());
}

bool Balancer::eligible(const PickRequest& request, std::size_t index) const {
  const Slot& slot = slots_[index];
  if (index < max_tried_peers && request.tried[index]) return false;
  if (slot.peer->down || slot.is_held_back) return false;
  if (!is_well(request, slot)) return false;
  return slot.peer->max_conns == 0 || slot.in_flight() < slot.peer->max_conns;
}

bool Balancer::is_well(const PickRequest& request, const Slot& slot) const {
  const health::PeerHealth& health = slot.state->health;
  const auto limits = slot.peer->limits();
  if (request.in_panic) return health.available_in_panic(limits, request.now_seconds);
  return request.is_bound ? health.available_to_bound(limits, request.now_seconds)
                          : health.available(limits, request.now_seconds);
}

bool Balancer::has_full_peer(const PickRequest& request) const {
  return std::ranges::any_of(slots_, [&](const Slot& slot) {
    const health::PeerHealth& health = slot.state->health;
    const bool is_well = peers_->is_single() ? health.passes_gate()
                                             : health.available(slot.peer->limits(), request.now_seconds);
    return !slot.peer->down && is_well && slot.peer->max_conns != 0;
  });
}

std::int64_t Balancer::active() const {
  std::int64_t sum = 0;
  for (const Slot& slot : slots_) sum += slot.in_flight();
  return sum;
}

void Balancer::note_failure(const Peer& peer) {
  if (peer.max_fails == 0) return;
  for (Slot& slot : slots_)
    if (slot.state == peer.state.get())
      slot.effective_weight = std::max(0, slot.effective_weight - slot.peer->weight / peer.max_fails);
}

const PeerSet& Balancer::peers() {
  refresh();
  return *peers_;
}

void Balancer::refresh() {
  const std::uint64_t version = group_->version();
  if (peers_ && version == version_) return;
  version_ = version;
  auto previous = std::exchange(peers_, group_->peers());  // keeps the peers of the old slots until they are rebuilt
  rebuild_slots();
  membership_changed();
}

// Peers that stay keep their weights: a scaled group must not start its round over at each DNS answer.
void Balancer::rebuild_slots() {
  std::vector<Slot> old = std::exchange(slots_, {});
  bool any_stayed = false;
  has_slow_start_ = false;
  for (std::size_t i = 0; i < peers_->size(); ++i) {
    const Peer* peer = (*peers_)[i].get();
    Slot slot{peer, peer->state.get(), 0, peer->weight};
    has_slow_start_ = has_slow_start_ || peer->slow_start.count() > 0;
    auto stayed = std::ranges::find(old, slot.state, &Slot::state);
    if (stayed != old.end() && stayed->peer->weight == peer->weight) {
      slot.current_weight = stayed->current_weight;
      slot.effective_weight = stayed->effective_weight;
      any_stayed = true;
    }
    slots_.push_back(slot);
  }
  if (!any_stayed) shift_start();
}

void Balancer::shift_start() {
  int total = 0;
  for (const Slot& slot : slots_) total += slot.peer->weight;
  if (total == 0) return;
  const PickRequest nobody;
  for (unsigned step = worker_index_ % static_cast<unsigned>(total); step > 0; --step) round_robin(nobody, primaries());
}

void Balancer::WeightLine::rebuild(const std::vector<Slot>& slots, Range range) {
  ends_.clear();
  std::uint64_t end = 0;
  for (std::size_t i = range.begin; i < range.end; ++i)
    ends_.push_back(end += static_cast<std::uint64_t>(slots[i].peer->weight));
}

std::size_t Balancer::WeightLine::at(std::uint64_t position) const {
  return static_cast<std::size_t>(std::ranges::upper_bound(ends_, position % ends_.back()) - ends_.begin());
}

std::unique_ptr<Balancer> Balancer::create(std::shared_ptr<UpstreamGroup> group, unsigned worker_index,
                                           std::uint64_t seed) {
  const conf::Upstream& config = group->config();
  switch (config.method) {
    case conf::BalanceMethod::least_conn: return std::make_unique<LeastConn>(std::move(group), worker_index);
    case conf::BalanceMethod::ip_hash: return std::make_unique<IpHash>(std::move(group), worker_index);
    case conf::BalanceMethod::random:
      return std::make_unique<Random>(std::move(group), worker_index, seed, config.random_two);
    case conf::BalanceMethod::hash:
      if (config.consistent) return std::make_unique<ConsistentHash>(std::move(group), worker_index);
      return std::make_unique<Hash>(std::move(group), worker_index);
    case conf::BalanceMethod::round_robin: break;
  }
  return std::make_unique<RoundRobin>(std::move(group), worker_index);
}

}  // namespace drishti::upstream
