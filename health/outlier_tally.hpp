#pragma once
// Requests and failures of one peer, by location, since they were last taken.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace drishti::health {

/// Locations of a group that are told apart (conf numbers them; the last number is shared by the rest).
inline constexpr std::size_t outlier_places = 16;

struct PlaceCount {
  std::uint32_t requests = 0;
  std::uint32_t failures = 0;  ///< no response, or one with status 5xx
};
using PlaceCounts = std::array<PlaceCount, outlier_places>;

/// count(): any thread, two relaxed additions. take(): control thread.
class OutlierTally {
 public:
  void count(std::size_t place, bool failed) {
    Place& counted = places_[place < outlier_places ? place : outlier_places - 1];
    counted.requests.fetch_add(1, std::memory_order_relaxed);
    if (failed) counted.failures.fetch_add(1, std::memory_order_relaxed);
  }
  /// What was counted since the last take().
  PlaceCounts take() {
    PlaceCounts counts;
    for (std::size_t i = 0; i < outlier_places; ++i) {
      counts[i].failures = places_[i].failures.exchange(0, std::memory_order_relaxed);
      counts[i].requests = places_[i].requests.exchange(0, std::memory_order_relaxed);
    }
    return counts;
  }

  // Control thread: how often the peer was ejected lately, and when it may be back.
  int ejections = 0;
  std::int64_t ejected_until_ms = 0;

 private:
  struct Place {
    std::atomic<std::uint32_t> requests{0};
    std::atomic<std::uint32_t> failures{0};
  };
  std::array<Place, outlier_places> places_;
};

}  // namespace drishti::health
