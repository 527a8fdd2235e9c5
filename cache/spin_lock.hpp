#pragma once
// A lock for sections of a few dozen nanoseconds: one atomic exchange to take, one store to give back. Whoever waits long
// gives its core away, in case the holder was preempted on it.

#include <atomic>
#include <thread>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace drishti::cache {

class SpinLock {
 public:
  void lock() {
    while (taken_.exchange(true, std::memory_order_acquire)) wait();
  }
  void unlock() { taken_.store(false, std::memory_order_release); }

 private:
  void wait() const {
    for (int round = 0; taken_.load(std::memory_order_relaxed); ++round) {
      if (round >= most_rounds) {
        std::this_thread::yield();
        continue;
      }
#if defined(__SSE2__)
      _mm_pause();
#endif
    }
  }
  static constexpr int most_rounds = 100;

  std::atomic<bool> taken_{false};
};

}  // namespace drishti::cache
