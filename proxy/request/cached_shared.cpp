// What the leader of a miss asks the layer that the proxies share, and how it becomes the only one over all of them.
#include "request/cached_exchange.hpp"

#include "cache/random_token.hpp"
#include "net/join.hpp"

namespace drishti::request {

using cache::Fill;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

/// Nothing: neither Redis nor another proxy has it; the upstream is to be asked.
net::Task<std::optional<Outcome>> CachedExchange::ask_shared(Fill& fill) {
  const auto until = means_.services.clock().now() + *settings_.lock_timeout;
  make_up_removals(*view_);
  for (;;) {
    const bool is_found = co_await get_shared(fill);
    if (is_found) {
      shared_lock_.reset();
      const Outcome answered = co_await answer(stored_, "HIT");
      co_return answered;
    }
    if (may_serve_stale()) co_return std::nullopt;
    // The last holder may have stored it between the look and the lock: one more look.
    if (shared_lock_ || !*settings_.lock || !may_ask_shared()) co_return std::nullopt;
    const bool may_look_again = co_await take_shared_lock(until);
    if (!may_look_again) co_return std::nullopt;
  }
}

/// True when the shared layer has a fresh response, which is stored_ then. A stale one is kept to be validated.
net::Task<bool> CachedExchange::get_shared(Fill& fill) {
  for (int step = 0; step < 2; ++step) {  // the Vary marker, then the variant
    if (view_->zone->pending_removals().hides(place_.key)) co_return false;
    std::optional<net::Companion> primary;  // in one round trip with the look
    if (place_.marker && !primary_tickets_.shared) primary.emplace(take_primary_ticket());
    const cache::SharedResult found = co_await view_->shared->get(place_.key);
    if (primary) co_await primary->join();
    keep_shared_ticket(found.ticket);
    // What memory still has may be what was removed there: nothing to be validated, and by that stored again.
    const bool was_removed = found.status == cache::SharedStatus::miss && found.ticket && !found.ticket->removal.empty();
    if (was_removed) stored_.reset();
    if (found.status != cache::SharedStatus::hit || view_->zone->is_banned(*found.response)) co_return false;
    if (stored_ && found.response->freshness().response_at <= stored_->freshness().response_at) co_return false;
    view_->keep(place_.hash, found.response, place_.tickets.memory);
    if (!found.response->is_vary_marker()) {
      stored_ = found.response;
      if (decide() != cache::Use::fresh) co_return false;
      fill.complete(stored_);
      co_return true;
    }
    if (place_.marker) co_return false;  // a marker under a variant's key is none of ours
    take(found.response);
    if (!is_storable_request_) co_return false;
    place_.tickets = memory_ticket(place_.hash);
    if (stored_ && decide() == cache::Use::fresh) {
      fill.complete(stored_);
      co_return true;
    }
  }
  co_return false;
}

/// For a fetch without a look.
net::Task<void> CachedExchange::take_shared_ticket() {
  const bool is_of_use = may_ask_shared() && !CacheQuery::any_true(*settings_.no_cache, context_);
  if (!is_of_use) co_return;
  const auto ticket = co_await view_->shared->ticket(place_.key);
  keep_shared_ticket(ticket);
  if (place_.marker) co_await take_primary_ticket();
}

/// For the case that the response has another Vary than the marker.
net::Task<void> CachedExchange::take_primary_ticket() {
  const auto ticket = co_await view_->shared->ticket(query_.key());
  primary_tickets_.shared = ticket;
}

void CachedExchange::keep_shared_ticket(const std::optional<cache::SharedTicket>& ticket) {
  place_.tickets.shared = ticket;
  if (!place_.marker) primary_tickets_.shared = ticket;
}

net::Task<cache::LockStatus> CachedExchange::try_shared_lock() {
  const std::uint64_t token = cache::random_token();
  const cache::LockStatus status = co_await view_->shared->lock(place_.key, token, *settings_.lock_age);
  if (status == cache::LockStatus::taken)
    shared_lock_ = std::make_shared<SharedLock>(view_->shared, place_.key, token);
  co_return status;
}

/// Whether a fetch in the background is still wanted. When another proxy is about it, that is waited for: who asks meanwhile
/// here finds FILL, and does not try the lock again.
net::Task<bool> CachedExchange::is_update_left(Fill& fill) {
  cache::LockStatus status = cache::LockStatus::unavailable;
  if (*settings_.lock) status = co_await try_shared_lock();
  const bool is_others = status == cache::LockStatus::held_by_other;
  if (is_others && !means_.services.is_stopping) co_await view_->shared->wait_for_change(place_.key, *settings_.lock_age);
  const bool is_found = co_await get_shared(fill);
  co_return !is_found && !is_others;
}

/// True when it is worth to look again: the lock is ours now, or another proxy did something. False: go on without it.
net::Task<bool> CachedExchange::take_shared_lock(net::Clock::Steady until) {
  const cache::LockStatus status = co_await try_shared_lock();
  if (status == cache::LockStatus::taken) co_return true;
  if (status == cache::LockStatus::unavailable) co_return false;
  const auto left = duration_cast<milliseconds>(until - means_.services.clock().now());
  if (left.count() <= 0) co_return false;
  co_await view_->shared->wait_for_change(place_.key, left);
  co_return true;
}

}  // namespace drishti::request
