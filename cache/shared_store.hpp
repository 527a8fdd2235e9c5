#pragma once
// L2: the layer that proxies share. One object a worker and zone; used on that worker's thread only. Implemented by
// redis/redis_store. Every call ends within the command deadline (plus the time for large bodies); an error is a miss that
// was counted, never an exception, never a failed request.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "cache/ban_list.hpp"
#include "cache/cache_key.hpp"
#include "cache/stored_response.hpp"
#include "net/task.hpp"

namespace drishti::cache {

enum class SharedStatus : std::uint8_t { hit, miss, unavailable };

struct SharedResult {
  SharedStatus status = SharedStatus::miss;
  StoredResponsePtr response;
};

enum class LockStatus : std::uint8_t { taken, held_by_other, unavailable };

class SharedStore {
 public:
  virtual ~SharedStore() = default;
  /// Whether it is worth asking now: connected, and the breaker is closed.
  virtual bool is_available() const = 0;
  /// Whether copies in memory may answer: every change here is heard of at once, or it cannot be reached at all.
  virtual bool may_use_memory() const = 0;
  virtual net::Task<SharedResult> get(std::string_view key) = 0;
  /// Published only when complete. KEEP: how long Redis holds it (fresh lifetime and the time it may serve stale). AGE: how
  /// long ago the origin was asked; false when KEY was removed since then.
  virtual net::Task<bool> put(StoredResponsePtr response, std::chrono::milliseconds keep, std::chrono::milliseconds age) = 0;
  /// What is being fetched now cannot come in later either.
  virtual net::Task<bool> remove(std::string_view key) = 0;
  /// The right to fetch KEY, for LEASE. TOKEN tells the holders apart.
  virtual net::Task<LockStatus> lock(std::string_view key, std::uint64_t token, std::chrono::milliseconds lease) = 0;
  virtual net::Task<void> unlock(std::string_view key, std::uint64_t token) = 0;
  /// Waits until KEY or its lock changed in Redis (seen by the invalidation connection), or MOST passed.
  virtual net::Task<void> wait_for_change(std::string_view key, std::chrono::milliseconds most) = 0;
  /// A ban for all proxies.
  virtual net::Task<bool> ban(Ban::Kind kind, std::string_view text) = 0;
};

}  // namespace drishti::cache
