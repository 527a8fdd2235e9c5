#pragma once
// One zone of `proxy_cache_path` in this process: the memory layer, the fetches under way, what was purged. Owned by the
// server, survives reloads by its name. Any thread.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "cache/ban_list.hpp"
#include "cache/fetch_coalescer.hpp"
#include "cache/fill_budget.hpp"
#include "cache/memory_store.hpp"
#include "cache/pending_removals.hpp"
#include "cache/use_counter.hpp"

namespace drishti::cache {

class Zone {
 public:
  Zone(std::string name, std::size_t memory_bytes);

  const std::string& name() const { return name_; }
  MemoryStore& memory() { return memory_; }
  FetchCoalescer& fetches() { return fetches_; }
  /// As much as the memory layer may take, once more.
  const std::shared_ptr<FillBudget>& fill_budget() const { return fill_budget_; }
  PendingRemovals& pending_removals() { return pending_removals_; }
  /// Made on first use: most zones do not count.
  UseCounter& uses();

  /// The newest ban that is known: what a fetch that begins now carries.
  std::uint64_t newest_ban() const { return newest_ban_.load(std::memory_order_acquire); }
  /// Out of the memory layer; who comes now does not join a fetch that began before. True when it stood there.
  bool forget(const KeyHash& hash);
  /// Into the memory layer, unless it was purged or removed since TICKET.
  bool keep(const KeyHash& hash, StoredResponsePtr response, Ticket ticket);
  /// RESPONSE in the memory layer, if it still stands there, knows its body in CODING from now on.
  bool keep_coded(const StoredResponsePtr& response, http::ContentCoding coding, std::string body);
  /// Whether RESPONSE, which came from the shared layer, was purged.
  bool is_banned(const StoredResponse& response) const;
  /// A ban that somebody made: what it hits leaves the memory layer. Returns how many did.
  std::size_t add_ban(Ban ban);
  /// A ban of this process alone; for zones without a shared layer.
  std::size_t ban(Ban::Kind kind, std::string text);

 private:
  std::shared_ptr<const BanList> bans() const;

  const std::string name_;
  MemoryStore memory_;
  FetchCoalescer fetches_;
  const std::shared_ptr<FillBudget> fill_budget_;
  PendingRemovals pending_removals_;
  std::once_flag uses_made_;
  std::unique_ptr<UseCounter> uses_;
  mutable std::mutex bans_mutex_;
  std::shared_ptr<const BanList> bans_;  ///< null: none
  std::atomic<std::uint64_t> newest_ban_{0};
  std::atomic<std::uint64_t> local_bans_{0};  ///< the numbers of ban()
};

}  // namespace drishti::cache
