#include "request/shared_writes.hpp"

#include <chrono>
#include <deque>

#include "net/join.hpp"

namespace drishti::request {
namespace {

using Shared = std::shared_ptr<cache::SharedStore>;

net::Task<void> put(Shared shared, cache::StoredResponsePtr response, std::chrono::milliseconds keep,
                    cache::SharedTicket ticket, std::shared_ptr<SharedLock> lock) {
  co_await shared->put(std::move(response), keep, std::move(ticket));
  lock.reset();
}

using Zone = std::shared_ptr<cache::Zone>;

net::Task<void> remove(Shared shared, Zone zone, std::string key) {
  const bool is_removed = co_await shared->remove(key);
  if (!is_removed) zone->pending_removals().add(std::move(key));
}

net::Task<void> remove_all(Shared shared, Zone zone, std::vector<std::string> keys) {
  std::deque<net::Companion> removals;  // pipelined: one round trip for all of them
  for (std::string& key : keys) removals.emplace_back(remove(shared, zone, std::move(key)));
  for (net::Companion& removal : removals) co_await removal.join();
}

net::Task<void> nothing() { co_return; }

net::Task<void> make_up(Shared shared, Zone zone) {
  cache::PendingRemovals& pending = zone->pending_removals();
  const cache::PendingRemovals::Work work = pending.take();
  if (work.empty()) co_return;
  bool is_done = true;
  for (std::size_t i = 0; i < work.keys.size() && is_done; ++i) {
    is_done = co_await shared->remove(work.keys[i]);
    if (is_done) pending.done(work.keys[i]);
  }
  if (is_done && work.everything) {
    is_done = co_await shared->ban(cache::Ban::Kind::prefix, "");
    if (is_done) pending.everything_done();
  }
  pending.give_back();
}

net::Task<void> unlock(Shared shared, std::string key, std::uint64_t token) { co_await shared->unlock(key, token); }

}  // namespace

SharedLock::~SharedLock() {
  if (shared_->is_available()) net::spawn(unlock(shared_, std::move(key_), token_));
}

void put_shared(CacheZoneView& view, cache::StoredResponsePtr response, std::int64_t keep,
                cache::SharedTicket ticket, std::shared_ptr<SharedLock> lock) {
  if (!view.shared || !view.shared->is_available() || keep <= 0) return;
  net::spawn(put(view.shared, std::move(response), std::chrono::milliseconds(keep), std::move(ticket), std::move(lock)));
}

void remove_shared(CacheZoneView& view, std::string key) {
  if (!view.shared) return;
  if (view.shared->is_available()) net::spawn(remove(view.shared, view.zone, std::move(key)));
  else view.zone->pending_removals().add(std::move(key));
}

net::Task<void> await_removal(const CacheZoneView& view, std::vector<std::string> keys) {
  if (!view.shared) return nothing();
  if (view.shared->is_available()) return remove_all(view.shared, view.zone, std::move(keys));
  for (std::string& key : keys) view.zone->pending_removals().add(std::move(key));
  return nothing();
}

void make_up_removals(CacheZoneView& view) {
  if (view.zone->pending_removals().any() && view.shared->is_available()) net::spawn(make_up(view.shared, view.zone));
}

}  // namespace drishti::request
