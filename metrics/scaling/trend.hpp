#pragma once
// Where the arrival rate is going.

#include <optional>
#include <span>
#include <utility>

#include "metrics/scaling/sample.hpp"

namespace drishti::scaling {

/// A straight line through the arrival rates of a series.
struct Trend {
  double rate = 0;   ///< requests a second, at the newest sample
  double slope = 0;  ///< requests a second, each second; 0 unless it stands out of the noise
};

/// Of the samples within WINDOW; nothing with less than a third of it.
std::optional<Trend> arrival_trend(const SampleSeries& series, Seconds window);

/// Seconds until the rate reaches CAPACITY: 0 when it did already, nothing when it does not rise or would take over a
/// day, which no straight line can tell.
std::optional<Seconds> time_to_reach(double capacity, const Trend& trend);

}  // namespace drishti::scaling
