#pragma once
// The integral of "how many are in progress" over time: its rate is the true mean concurrency, whatever happens between
// two scrapes. One writing thread.

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "metrics/counter.hpp"

namespace drishti::metrics {

/// Times are nanoseconds of one steady clock. The integral up to T is (sum of ends) - (sum of beginnings) + (number in
/// progress) * T, so that both ends of a request cost a few additions and no list is kept.
class BusyTime {
 public:
  void begin(std::uint64_t now) { change(1, 0 - now); }
  void end(std::uint64_t now) { change(static_cast<std::uint64_t>(-1), now); }

  struct Reading {
    std::uint64_t in_progress = 0;
    std::uint64_t busy_ns = 0;
  };
  /// Any thread. Never less than an earlier reading, as a counter has to be: NOW may be ahead of the
  /// writer's clock by a turn of its loop, and what ended meanwhile has then been counted for a little too long.
  Reading read(std::uint64_t now) const {
    Reading reading = read_once(now);
    std::uint64_t largest = largest_.load(std::memory_order_relaxed);
    while (largest < reading.busy_ns &&
           !largest_.compare_exchange_weak(largest, reading.busy_ns, std::memory_order_relaxed)) {
    }
    return {reading.in_progress, std::max(largest, reading.busy_ns)};
  }

 private:
  // A sequence lock: the reader has to see both numbers of one moment, or the integral is off by the age of the machine.
  // Release stores behind the odd version make every reader of a new value see that version, too.
  void change(std::uint64_t step, std::uint64_t time) {
    if constexpr (!recording) return;
    const std::uint64_t version = version_.load(std::memory_order_relaxed);
    version_.store(version + 1, std::memory_order_relaxed);
    balance_.store(balance_.load(std::memory_order_relaxed) + time, std::memory_order_release);
    in_progress_.store(in_progress_.load(std::memory_order_relaxed) + step, std::memory_order_release);
    version_.store(version + 2, std::memory_order_release);
  }

  Reading read_once(std::uint64_t now) const {
    for (;;) {
      const std::uint64_t before = version_.load(std::memory_order_acquire);
      const std::uint64_t balance = balance_.load(std::memory_order_acquire);
      const std::uint64_t count = in_progress_.load(std::memory_order_acquire);
      const bool is_whole = before % 2 == 0 && version_.load(std::memory_order_relaxed) == before;
      if (!is_whole) continue;
      // Before the first end, and with a reader's clock behind the writer's, the difference could be below zero.
      const auto busy = static_cast<std::int64_t>(balance + count * now);
      return {count, busy < 0 ? 0 : static_cast<std::uint64_t>(busy)};
    }
  }

  std::atomic<std::uint64_t> version_{0};
  std::atomic<std::uint64_t> balance_{0};  ///< modulo 2^64
  std::atomic<std::uint64_t> in_progress_{0};
  mutable std::atomic<std::uint64_t> largest_{0};  ///< the readers'
};

}  // namespace drishti::metrics
