#include "metrics/exposition.hpp"

#include <prometheus/collectable.h>
#include <prometheus/text_serializer.h>

#include <iterator>
#include <sstream>

#include "metrics/connection_families.hpp"
#include "metrics/openmetrics.hpp"

namespace drishti::metrics {

std::string_view content_type(Format format) {
  return format == Format::openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                       : "text/plain; version=0.0.4; charset=utf-8";
}

Exposition::Exposition() = default;
Exposition::~Exposition() = default;

void Exposition::add_worker(const WorkerMetrics& worker) {
  const std::lock_guard lock(mutex_);
  workers_.push_back(&worker);
}

void Exposition::forget_workers() {
  const std::lock_guard lock(mutex_);
  workers_.clear();
}

void Exposition::add(std::shared_ptr<const prometheus::Collectable> collectable) {
  const std::lock_guard lock(mutex_);
  collectables_.push_back(std::move(collectable));
}

std::string Exposition::page(Format format) const {
  const std::lock_guard lock(mutex_);
  std::vector<prometheus::MetricFamily> families = connection_families(workers_);
  for (const auto& collectable : collectables_) {
    auto more = collectable->Collect();
    families.insert(families.end(), std::move_iterator(more.begin()), std::move_iterator(more.end()));
  }
  if (format == Format::openmetrics) return openmetrics_text(families);
  return prometheus::TextSerializer().Serialize(families);
}

std::string Exposition::stub_status() const {
  const std::lock_guard lock(mutex_);
  return stub_status_text(connection_totals(workers_));
}

}  // namespace drishti::metrics
