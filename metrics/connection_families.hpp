#pragma once
// Connections and workers, under our names and under those of nginx's Prometheus exporter.

#include <prometheus/metric_family.h>

#include <span>
#include <string>
#include <vector>

#include "metrics/worker_metrics.hpp"

namespace drishti::metrics {

std::vector<prometheus::MetricFamily> connection_families(std::span<const WorkerMetrics* const> workers);

/// nginx's page, byte for byte: `Active connections: 1 \n...`.
std::string stub_status_text(const ConnectionTotals& totals);

}  // namespace drishti::metrics
