#include "metrics/worker_metrics.hpp"

namespace drishti::metrics {
namespace {

std::uint64_t difference(std::uint64_t larger, std::uint64_t smaller) { return larger > smaller ? larger - smaller : 0; }

// Later steps are read first: what moves on meanwhile is then counted as still before them, never as less than nothing.
void add_worker(const WorkerMetrics& worker, ConnectionTotals& totals) {
  const std::uint64_t ended = worker.requests_ended.value();
  const std::uint64_t heads = worker.heads_read.value();
  const std::uint64_t begun = worker.requests_begun.value();
  totals.accepted += worker.connections_accepted.value();
  totals.active += worker.connections_active.value();
  totals.requests += begun;
  totals.reading += difference(begun, heads);
  totals.writing += difference(heads, ended);
}

}  // namespace

ConnectionTotals connection_totals(std::span<const WorkerMetrics* const> workers) {
  ConnectionTotals totals;
  for (const WorkerMetrics* worker : workers) add_worker(*worker, totals);
  return totals;
}

}  // namespace drishti::metrics
