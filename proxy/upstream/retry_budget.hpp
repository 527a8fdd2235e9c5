#pragma once
// retry_budget: at most so many of a group's requests in progress are repeats, so that servers in trouble do not get a
// multiple of what clients ask (threat U15). Requests that fail nowhere touch nothing of it.

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "conf/upstream_settings.hpp"

namespace drishti::upstream {

/// Whether one more repeat may begin, with REPEATS of ACTIVE requests repeats already.
bool allows_repeat(const conf::RetryBudgetSettings& settings, std::int64_t active, std::int64_t repeats);

/// The repeats of a group, process-wide; any thread.
class RetryCount {
 public:
  std::int64_t value() const { return count_.load(std::memory_order_relaxed); }

 private:
  friend class RepeatLease;
  std::atomic<std::int64_t> count_{0};
};

/// A request that is a repeat, for as long as it is at the upstream.
class RepeatLease {
 public:
  RepeatLease() = default;
  RepeatLease(RepeatLease&& other) noexcept : count_(std::move(other.count_)) {}
  RepeatLease& operator=(RepeatLease&& other) noexcept {
    release();
    count_ = std::move(other.count_);
    return *this;
  }
  ~RepeatLease() { release(); }
  /// Becomes one of COUNT, if that stays within SETTINGS; one that is one already stays it. False: no repeat now.
  bool take(const std::shared_ptr<RetryCount>& count, const conf::RetryBudgetSettings& settings, std::int64_t active);
  void release();

 private:
  std::shared_ptr<RetryCount> count_;
};

}  // namespace drishti::upstream
