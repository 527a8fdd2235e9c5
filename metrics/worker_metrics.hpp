#pragma once
// Counters of one worker: one writer, summed by whoever reports them. Nothing here is shared or locked on the request path.

#include <array>
#include <atomic>
#include <cstdint>

namespace drishti::metrics {

/// A counter with one writing thread; readers may be others.
class Counter {
 public:
  void add(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void subtract(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) - n, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct alignas(64) WorkerMetrics {
  Counter connections_accepted;
  Counter connections_active;
  Counter requests;
  std::array<Counter, 6> responses_by_class;  ///< index: status / 100; 0 = closed without an answer
  std::array<Counter, 64> rejects_by_reason;  ///< index: http::Reject
  Counter upstream_connects;
  Counter upstream_reuses;
  Counter upstream_retries;
  Counter upstream_stale_reuses;              ///< reused connections that were dead, repeated without blame
  Counter accept_pauses;                      ///< EMFILE and the like
};

}  // namespace drishti::metrics
