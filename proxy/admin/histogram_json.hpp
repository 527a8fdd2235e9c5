#pragma once
// A latency histogram as JSON: counts up to each bound, as Prometheus has them.

#include "admin/json.hpp"
#include "metrics/histogram.hpp"

namespace drishti::admin {

/// `{"count":3,"sum":0.2,"le":[0.0005,...],"counts":[0,...]}`: seconds; `counts` add up, and what is above the last bound
/// is in `count` alone.
inline json::object histogram_json(const metrics::HistogramTotals& totals) {
  json::array bounds, counts;
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < metrics::latency_bounds.size(); ++i) {
    count += totals.buckets[i];
    bounds.push_back(static_cast<double>(metrics::latency_bounds[i]) / 1e9);
    counts.push_back(count);
  }
  count += totals.buckets.back();
  return {{"count", count}, {"sum", static_cast<double>(totals.sum_ns) / 1e9}, {"le", std::move(bounds)},
          {"counts", std::move(counts)}};
}

}  // namespace drishti::admin
