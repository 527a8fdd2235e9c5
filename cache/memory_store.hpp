#pragma once
// L1: stored responses of one zone in this process's memory. Sharded by key, bounded in bytes, evicts by S3-FIFO (Yang et
// al., SOSP 2023): a small queue that most keys pass only once, a main queue for those that were used again, and a memory
// of what was evicted. Any thread; a shard's lock is held for a lookup or a splice, never while bytes are copied or freed.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "cache/cache_key.hpp"
#include "cache/stored_response.hpp"

namespace drishti::cache {

/// Taken before the shared layer (or the origin) is asked. An insert with a ticket from before a removal of that key is
/// refused, so that an answer that was overtaken by an invalidation is never kept.
struct Ticket {
  std::uint64_t number = 0;
};

struct MemoryStats {
  std::uint64_t entries = 0, bytes = 0, evictions = 0, refused = 0;
  std::uint64_t capacity = 0;  ///< bytes
};

struct MemoryOptions {
  std::size_t largest_share = 8;  ///< an entry of more than 1/8 of the zone is refused
  KeyHash seed = {};              ///< of the places of keys; all zero: random, so that nobody can aim at a shard
};

class MemoryShard;
struct MemoryTotals;

class MemoryStore {
 public:
  explicit MemoryStore(std::size_t capacity_bytes, MemoryOptions options = {});
  ~MemoryStore();
  MemoryStore(const MemoryStore&) = delete;
  MemoryStore& operator=(const MemoryStore&) = delete;

  /// The response under exactly KEY, or null. Fresh or not: that is for the policy.
  StoredResponsePtr find(const KeyHash& hash, std::string_view key);
  Ticket ticket(const KeyHash& hash) const;
  /// False when the ticket is too old, RESPONSE is null, or it is too large for the zone. Replaces what stood there;
  /// what is too large removes it, as it was overtaken all the same.
  bool insert(const KeyHash& hash, StoredResponsePtr response, Ticket ticket);
  /// AFTER in place of BEFORE, if that still stands under its key: another form of the same response. False when it does
  /// not, or AFTER is null or too large for the zone; then all stays as it is.
  bool replace(const KeyHash& hash, const StoredResponsePtr& before, StoredResponsePtr after);
  /// Also outdates tickets of this key (and of a few others).
  bool remove(const KeyHash& hash);
  /// All of them; outdates every ticket.
  void clear();
  /// Outdates every ticket, then removes what PREDICATE wants (called without a lock). Returns how many.
  std::size_t remove_if(const std::function<bool(const StoredResponse&)>& predicate);
  void resize(std::size_t capacity_bytes);
  MemoryStats stats() const;

 private:
  std::uint64_t place_of(const KeyHash& hash) const;
  MemoryShard& shard_of(std::uint64_t place) const;
  std::size_t largest() const;
  void make_room(std::size_t first_shard, std::size_t incoming);

  const MemoryOptions options_;
  const KeyHash seed_;
  std::atomic<std::size_t> capacity_;
  std::unique_ptr<MemoryTotals> totals_;
  std::unique_ptr<MemoryShard[]> shards_;
};

}  // namespace drishti::cache
