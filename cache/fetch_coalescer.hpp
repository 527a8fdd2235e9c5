#pragma once
// The fetches of a zone that are under way in this process, by key: concurrent misses become one request to the origin.
// Any thread.

#include <array>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "cache/cache_key.hpp"
#include "cache/fill.hpp"

namespace drishti::cache {

class FetchCoalescer {
 public:
  using Steady = std::chrono::steady_clock::time_point;
  struct Joined {
    std::shared_ptr<Fill> fill;
    bool leads = false;  ///< the caller fetches, and calls leave() at the end; otherwise it is one of the waiters
  };
  /// A fetch that has not begun after AGE is left to itself, and the caller leads another one.
  Joined join(const KeyHash& hash, std::string_view key, Steady now, std::chrono::milliseconds age);
  /// Whether somebody fetches KEY now.
  bool is_under_way(const KeyHash& hash);
  /// The end of a fetch that was led: who comes now does not find it any more.
  void leave(const KeyHash& hash, const std::shared_ptr<Fill>& fill);

 private:
  struct Entry {
    std::string key;
    Steady begun;
    std::shared_ptr<Fill> fill;
  };
  struct HashOfHash {
    std::size_t operator()(const KeyHash& hash) const { return hash.low; }
  };
  struct Shard {
    std::mutex mutex;
    std::unordered_map<KeyHash, Entry, HashOfHash> entries;
  };
  Shard& shard_of(const KeyHash& hash) { return shards_[hash.high % shards_.size()]; }
  std::array<Shard, 16> shards_;
};

}  // namespace drishti::cache
