#pragma once
// What a worker counts about a zone of the response cache. One writing thread.

#include <array>
#include <cstdint>
#include <string_view>

#include "metrics/per_worker.hpp"

namespace drishti::metrics {

/// By the values of $upstream_cache_status, in lower case.
inline constexpr std::array<std::string_view, 7> cache_results{"hit",   "miss",     "expired",    "stale",
                                                               "updating", "revalidated", "bypass"};

/// The index in cache_results of a value of $upstream_cache_status; cache_results.size() for "".
constexpr std::size_t cache_result(std::string_view variable) {
  if (variable.empty()) return cache_results.size();
  std::size_t i = 0;  // their first letters differ
  while (i < cache_results.size() && cache_results[i].front() != (variable.front() | 0x20)) ++i;
  return i;
}

struct alignas(64) CacheMetrics {
  std::array<Counter, cache_results.size()> requests;  ///< answered, by result
  std::array<Counter, cache_results.size()> bytes;     ///< sent to clients, heads and bodies
  Counter collapsed;  ///< answers that another request's fetch brought

  void count(std::string_view variable, std::uint64_t sent) {
    const std::size_t result = cache_result(variable);
    if (result == cache_results.size()) return;  // what passed the cache by
    requests[result].add();
    bytes[result].add(sent);
  }
};

using CacheBlock = Block<CacheMetrics>;

}  // namespace drishti::metrics
