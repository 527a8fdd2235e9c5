#pragma once
// The OpenMetrics 1.0 text format, which prometheus-cpp's serializer does not write.

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

namespace drishti::metrics {

/// Differences from the classic format: a counter's family is named without `_total`, an `_info` gauge is an info
/// family, untyped is `unknown`, bounds are floats (`1.0`), and the page ends with `# EOF`. Summaries are not used here.
std::string openmetrics_text(const std::vector<prometheus::MetricFamily>& families);

}  // namespace drishti::metrics
