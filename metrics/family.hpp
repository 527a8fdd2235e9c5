#pragma once
// Makes prometheus-cpp's model out of integers. Used at a scrape only.

#include <prometheus/metric_family.h>

#include <cstdint>
#include <string>

#include "metrics/histogram.hpp"
#include "metrics/per_worker.hpp"

namespace drishti::metrics {

inline constexpr double nanoseconds_a_second = 1e9;
inline double seconds(std::uint64_t ns) { return static_cast<double>(ns) / nanoseconds_a_second; }

/// One metric family under construction.
class Family {
 public:
  Family(prometheus::MetricType type, std::string name, std::string help);
  static Family counter(std::string name, std::string help);  ///< NAME ends in _total
  static Family gauge(std::string name, std::string help);
  static Family untyped(std::string name, std::string help);
  static Family histogram(std::string name, std::string help);

  Family& add(const Labels& labels, double value);
  Family& add(const Labels& labels, std::uint64_t value) { return add(labels, static_cast<double>(value)); }
  Family& add(const Labels& labels, const HistogramTotals& totals);
  /// A family of one series without labels.
  Family& add(double value) { return add(Labels{}, value); }

  prometheus::MetricFamily take() { return std::move(family_); }

 private:
  prometheus::ClientMetric& new_metric(const Labels& labels);
  prometheus::MetricFamily family_;
};

/// LABELS with one more.
Labels with(Labels labels, const std::string& name, std::string_view value);

/// The sum of COUNTER(block) over the workers.
template <class T, class Read>
std::uint64_t sum(const PerWorker<T>& workers, Read counter) {
  std::uint64_t total = 0;
  for (const T& block : workers.all()) total += counter(block);
  return total;
}

}  // namespace drishti::metrics
