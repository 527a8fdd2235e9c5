#include "upstream/retry_budget.hpp"

#include <algorithm>

namespace drishti::upstream {

bool allows_repeat(const conf::RetryBudgetSettings& settings, std::int64_t active, std::int64_t repeats) {
  if (!settings.is_limited) return true;
  return repeats < std::max<std::int64_t>(settings.least, active * settings.percent / 100);
}

bool RepeatLease::take(const std::shared_ptr<RetryCount>& count, const conf::RetryBudgetSettings& settings,
                       std::int64_t active) {
  if (count_ == count) return true;
  std::int64_t repeats = count->value();
  do {
    if (!allows_repeat(settings, active, repeats)) return false;
  } while (!count->count_.compare_exchange_weak(repeats, repeats + 1, std::memory_order_relaxed));
  release();
  count_ = count;
  return true;
}

void RepeatLease::release() {
  if (count_) count_->count_.fetch_sub(1, std::memory_order_relaxed);
  count_.reset();
}

}  // namespace drishti::upstream
