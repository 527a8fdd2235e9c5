#pragma once
// A number with one writing thread. Readers may be others and may be late by an instant; nothing is locked or shared.

#include <atomic>
#include <cstdint>

namespace drishti::metrics {

/// False in a build with -DDRISHTI_METRICS=OFF, which exists to measure what counting costs.
#ifdef DRISHTI_WITHOUT_METRICS
inline constexpr bool recording = false;
#else
inline constexpr bool recording = true;
#endif

class Counter {
 public:
  void add(std::uint64_t n = 1) {
    if constexpr (recording)
      value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void subtract(std::uint64_t n = 1) { add(0 - n); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace drishti::metrics
