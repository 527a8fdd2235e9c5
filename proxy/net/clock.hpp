#pragma once
// The time as of the current turn of a worker's event loop. Read per request without a system call; one per worker.

#include <chrono>
#include <cstdint>

namespace drishti::net {

using std::chrono::milliseconds;

class Clock {
 public:
  using Steady = std::chrono::steady_clock::time_point;

  /// For deadlines and durations.
  Steady now() const { return now_; }
  /// For $msec, Date and logs: milliseconds since 1970.
  std::int64_t wall_ms() const { return wall_ms_; }

  /// Reads the system's clocks (the event loop does it once a turn).
  void update();
  /// Tests set the time by hand.
  void set(Steady now, std::int64_t wall_ms) {
    now_ = now;
    wall_ms_ = wall_ms;
  }

 private:
  Steady now_ = std::chrono::steady_clock::now();
  std::int64_t wall_ms_ = 0;
};

}  // namespace drishti::net
