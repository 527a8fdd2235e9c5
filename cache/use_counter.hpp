#pragma once
// How often a key was asked for, roughly: proxy_cache_min_uses. A key that falls on another's place takes it over, so that
// the memory is bounded; such a key is stored later, never too early. Any thread.

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "cache/cache_key.hpp"

namespace drishti::cache {

class UseCounter {
 public:
  UseCounter() : places_(count) {}
  /// Counts one use and returns how many there were, this one included (at most 255).
  unsigned count_use(const KeyHash& hash) {
    std::atomic<std::uint32_t>& place = places_[hash.low % count];
    const std::uint32_t tag = static_cast<std::uint32_t>(hash.high) & ~0xffU;
    const std::uint32_t old = place.load(std::memory_order_relaxed);
    const std::uint32_t uses = (old & ~0xffU) != tag ? 1 : (old & 0xffU) == 255 ? 255 : (old & 0xffU) + 1;
    place.store(tag | uses, std::memory_order_relaxed);
    return uses;
  }

 private:
  static constexpr std::size_t count = 1 << 16;
  std::vector<std::atomic<std::uint32_t>> places_;
};

}  // namespace drishti::cache
