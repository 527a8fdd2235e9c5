#pragma once
// L1: stored responses of one zone in this process's memory. Sharded by key, bounded in bytes, evicts by S3-FIFO.
// Any thread; a shard's lock is held for a lookup or a splice, never while bytes are copied.

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
};

class MemoryStore {
 public:
  explicit MemoryStore(std::size_t capacity_bytes);
  ~MemoryStore();

  /// The response under exactly KEY, or null. Fresh or not: that is for the policy.
  StoredResponsePtr find(const KeyHash& hash, std::string_view key);
  Ticket ticket(const KeyHash& hash) const;
  /// False when the ticket is too old or it is too large for a shard. Replaces what stood there.
  bool insert(const KeyHash& hash, StoredResponsePtr response, Ticket ticket);
  /// Also outdates tickets of this key.
  bool remove(const KeyHash& hash);
  /// All of them; outdates every ticket.
  void clear();
  std::size_t remove_if(const std::function<bool(const StoredResponse&)>& predicate);
  void resize(std::size_t capacity_bytes);
  MemoryStats stats() const;
};

}  // namespace drishti::cache
