#pragma once
// L2: the layer that proxies share. One object a worker and zone; used on that worker's thread only. Implemented by
// redis/redis_store. Every call ends within the command deadline (plus the time for large bodies); an error is a miss that
// was counted, never an exception, never a failed request.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cache/ban_list.hpp"
#include "cache/cache_key.hpp"
#include "cache/stored_response.hpp"
#include "net/clock.hpp"
#include "net/task.hpp"

namespace drishti::cache {

enum class SharedStatus : std::uint8_t { hit, miss, unavailable };

/// As the Ticket of the memory layer: taken before the origin is asked, outdated by every removal of its key after that.
struct SharedTicket {
  std::string removal;              ///< the last one that was known then; empty: none, or nobody could be asked
  net::Clock::Steady taken_at;
};

struct SharedResult {
  SharedStatus status = SharedStatus::miss;
  StoredResponsePtr response;
  std::optional<SharedTicket> ticket;  ///< for what is fetched now; nothing when the layer did not answer
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
  /// The ticket alone, for a fetch that does not ask for what is stored. Nothing when the layer did not answer.
  virtual net::Task<std::optional<SharedTicket>> ticket(std::string_view key) = 0;
  /// Published only when complete. KEEP: how long Redis holds it (fresh lifetime and the time it may serve stale). False when
  /// the key of RESPONSE was removed since its TICKET was taken.
  virtual net::Task<bool> put(StoredResponsePtr response, std::chrono::milliseconds keep, SharedTicket ticket) = 0;
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
