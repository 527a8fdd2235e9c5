#pragma once
// The process as the system sees it, under the names that Prometheus's own client libraries use.

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

namespace drishti::metrics {

/// Reads /proc/self at each scrape; a figure that can't be read is left out, never made up.
class ProcessCollector : public prometheus::Collectable {
 public:
  ProcessCollector();
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  double start_time_;  ///< seconds since 1970; 0 = not known
};

}  // namespace drishti::metrics
