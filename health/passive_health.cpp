#include "health/passive_health.hpp"

#include <algorithm>
#include <limits>

namespace drishti::health {

bool PassiveHealth::chosen(const Limits& limits, std::int64_t now_seconds) {
  if (!window_is_over(limits, now_seconds)) return !exhausted(limits);
  std::lock_guard lock(mutex_);
  if (!window_is_over(limits, now_seconds)) return !exhausted(limits);  // somebody opened the window meanwhile
  checked_.store(now_seconds, std::memory_order_relaxed);
  return true;
}

bool PassiveHealth::failed(const Limits& limits, std::int64_t now_seconds) {
  std::lock_guard lock(mutex_);
  // Workers read the clock at different moments: time must not run backwards here.
  accessed_.store(std::max(accessed_.load(std::memory_order_relaxed), now_seconds), std::memory_order_relaxed);
  checked_.store(std::max(checked_.load(std::memory_order_relaxed), now_seconds), std::memory_order_relaxed);
  if (fails() < std::numeric_limits<std::int32_t>::max()) fails_.fetch_add(1, std::memory_order_relaxed);
  return exhausted(limits);
}

int PassiveHealth::succeeded() {
  if (fails() == 0) return 0;
  if (accessed_.load(std::memory_order_relaxed) >= checked_.load(std::memory_order_relaxed)) return 0;
  std::lock_guard lock(mutex_);
  if (accessed_.load(std::memory_order_relaxed) >= checked_.load(std::memory_order_relaxed)) return 0;
  return fails_.exchange(0, std::memory_order_relaxed);
}

void PassiveHealth::clear() {
  if (fails() == 0) return;
  std::lock_guard lock(mutex_);
  fails_.store(0, std::memory_order_relaxed);
}

}  // namespace drishti::health
