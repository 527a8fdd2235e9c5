#pragma once
// The report as families for /metrics.

#include <prometheus/metric_family.h>

#include <vector>

#include "metrics/scaling/report.hpp"

namespace drishti::scaling {

std::vector<prometheus::MetricFamily> families(const Report& report);

}  // namespace drishti::scaling
