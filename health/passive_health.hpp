#pragma once
// max_fails and fail_timeout exactly as nginx counts them (docs/UPSTREAMS.md), true for the whole process.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>

namespace drishti::health {

/// Failure accounting of one peer. Reads are lock-free (every selection asks); writes are rare (failures, the opening
/// of a window, the first success after a quiet period) and take a mutex. Times are whole seconds of a steady clock, as
/// in nginx. Any thread.
class PassiveHealth {
 public:
  struct Limits {
    int max_fails = 1;                  ///< 0 = never disabled
    std::int64_t fail_timeout_seconds = 10;
  };

  /// Whether selection may choose the peer: not (max_fails && fails >= max_fails && now - checked <= fail_timeout).
  bool available(const Limits& limits, std::int64_t now_seconds) const {
    return !exhausted(limits) || window_is_over(limits, now_seconds);
  }
  /// The peer was chosen: opens a new window when the old one is over, which makes this request the probe.
  /// Returns false when another worker took the probe of a disabled peer first (choose another peer).
  bool chosen(const Limits& limits, std::int64_t now_seconds);
  /// A counted failure. Returns true when the peer is disabled after it (log `upstream server temporarily disabled`).
  bool failed(const Limits& limits, std::int64_t now_seconds);
  /// Any finish that is not a counted failure: clears fails only after a quiet window. Returns how many it cleared.
  int succeeded();
  /// Forgets all failures: the peer is the only one of its group, where max_fails does not apply.
  void clear();
  int fails() const { return fails_.load(std::memory_order_relaxed); }

 private:
  bool exhausted(const Limits& limits) const { return limits.max_fails != 0 && fails() >= limits.max_fails; }
  bool window_is_over(const Limits& limits, std::int64_t now_seconds) const {
    return now_seconds - checked_.load(std::memory_order_relaxed) > limits.fail_timeout_seconds;
  }

  std::atomic<std::int32_t> fails_{0};
  std::atomic<std::int64_t> accessed_{0};  // time of the last failure
  std::atomic<std::int64_t> checked_{0};   // start of the current window
  std::mutex mutex_;                       // writers only
};

}  // namespace drishti::health
