#pragma once
// max_fails and fail_timeout exactly as nginx counts them (docs: nginx-semantics 3.2), true for the whole process.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>

namespace drishti::health {

/// Failure accounting of one peer. Reads are lock-free (every selection asks); writes are rare (failures, and the first
/// success after a quiet period) and take a mutex. Times are whole seconds of a steady clock, as in nginx.
class PassiveHealth {
 public:
  struct Limits {
    int max_fails = 1;                  ///< 0 = never disabled
    std::int64_t fail_timeout_seconds = 10;
  };

  /// Whether selection may choose the peer: not (max_fails && fails >= max_fails && now - checked <= fail_timeout).
  bool available(const Limits& limits, std::int64_t now_seconds) const;
  /// The peer was chosen: opens a new window when the old one is over, which makes this request the probe.
  /// Returns false when another worker took the probe of a disabled peer first (choose another peer).
  bool chosen(const Limits& limits, std::int64_t now_seconds);
  /// A counted failure. Returns true when this one disabled the peer (log `upstream server temporarily disabled`).
  bool failed(const Limits& limits, std::int64_t now_seconds);
  /// Any finish that is not a counted failure: clears fails only after a quiet window.
  void succeeded();
  int fails() const { return fails_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int32_t> fails_{0};
  std::atomic<std::int64_t> accessed_{0};
  std::atomic<std::int64_t> checked_{0};
  std::mutex mutex_;
};

}  // namespace drishti::health
