#pragma once
// Writes to the shared layer.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "request/cache_zones.hpp"

namespace drishti::request {

/// The right to fetch KEY, over all proxies; given back at the end of this, which anybody may hold who is not done.
class SharedLock {
 public:
  SharedLock(std::shared_ptr<cache::SharedStore> shared, std::string key, std::uint64_t token)
      : shared_(std::move(shared)), key_(std::move(key)), token_(token) {}
  ~SharedLock();
  SharedLock(const SharedLock&) = delete;
  SharedLock& operator=(const SharedLock&) = delete;

 private:
  std::shared_ptr<cache::SharedStore> shared_;
  std::string key_;
  std::uint64_t token_;
};

/// Stores RESPONSE for KEEP milliseconds, and holds LOCK until that is done; without effect without a shared layer, or when its
/// key was removed since TICKET was taken.
void put_shared(CacheZoneView& view, cache::StoredResponsePtr response, std::int64_t keep,
                cache::SharedTicket ticket, std::shared_ptr<SharedLock> lock);
/// What cannot be removed now is remembered and made up for. Nobody waits for it.
void remove_shared(CacheZoneView& view, std::string key);
/// The same for all KEYS at once; ends when they are gone, or when the deadline of a command has passed.
net::Task<void> await_removal(const CacheZoneView& view, std::vector<std::string> keys);
/// Removes what could not be removed before.
void make_up_removals(CacheZoneView& view);

}  // namespace drishti::request
