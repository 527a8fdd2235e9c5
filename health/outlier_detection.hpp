#pragma once
// Comparative ejection: which peers fail more than their siblings at the same location. Pure.

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "health/outlier_tally.hpp"

namespace drishti::health {

struct OutlierLimits {
  std::uint32_t requests = 20;  ///< fewer of them at a location in a window say nothing about a peer
  int keep_percent = 50;        ///< of the peers stay in use
  std::chrono::milliseconds ejection_time{30000};
};

/// A peer of a group and what it did in a window.
struct Sibling {
  PlaceCounts counts{};
  bool is_in_use = true;  ///< neither ejected nor unhealthy nor draining
};

struct Outlier {
  std::size_t index = 0;
  std::string reason;
};

/// The peers to eject, worst first. A peer is an outlier when its part of failures at a location is more than three times
/// that of the median of its siblings there, and ten points more: what fails everywhere (a bug, a bad client) ejects
/// nobody. Of all peers `keep_percent`, at least one, stay in use.
std::vector<Outlier> find_outliers(std::span<const Sibling> siblings, const OutlierLimits& limits);

/// How long a peer is ejected that was ejected TIMES times before: longer each time, up to ten times. JITTER, 0 to 1,
/// spreads it over 80 to 120 %, so that peers that left together don't come back together.
std::chrono::milliseconds ejection_time(const OutlierLimits& limits, int times, double jitter);

/// What is left of EJECTIONS after QUIET time in use.
int forget_ejections(int ejections, const OutlierLimits& limits, std::chrono::milliseconds quiet);

}  // namespace drishti::health
