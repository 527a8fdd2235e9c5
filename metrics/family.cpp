#include "metrics/family.hpp"

#include <limits>

#include "metrics/utf8_text.hpp"

namespace drishti::metrics {

using prometheus::ClientMetric;
using prometheus::MetricType;

Family::Family(MetricType type, std::string name, std::string help) {
  family_.type = type;
  family_.name = std::move(name);
  family_.help = std::move(help);
}

Family Family::counter(std::string name, std::string help) {
  return {MetricType::Counter, std::move(name), std::move(help)};
}
Family Family::gauge(std::string name, std::string help) { return {MetricType::Gauge, std::move(name), std::move(help)}; }
Family Family::untyped(std::string name, std::string help) {
  return {MetricType::Untyped, std::move(name), std::move(help)};
}
Family Family::histogram(std::string name, std::string help) {
  return {MetricType::Histogram, std::move(name), std::move(help)};
}

ClientMetric& Family::new_metric(const Labels& labels) {
  ClientMetric& metric = family_.metric.emplace_back();
  for (const auto& [name, value] : labels) metric.label.push_back({name, utf8_text(value)});
  return metric;
}

Family& Family::add(const Labels& labels, double value) {
  ClientMetric& metric = new_metric(labels);
  switch (family_.type) {
    case MetricType::Counter: metric.counter.value = value; break;
    case MetricType::Gauge: metric.gauge.value = value; break;
    default: metric.untyped.value = value;
  }
  return *this;
}

Family& Family::add(const Labels& labels, const HistogramTotals& totals) {
  ClientMetric::Histogram& histogram = new_metric(labels).histogram;
  for (std::size_t i = 0; i < latency_buckets; ++i) {
    histogram.sample_count += totals.buckets[i];
    const bool is_last = i == latency_bounds.size();
    const double bound = is_last ? std::numeric_limits<double>::infinity() : seconds(latency_bounds[i]);
    histogram.bucket.push_back({histogram.sample_count, bound});
  }
  histogram.sample_sum = seconds(totals.sum_ns);
  return *this;
}

Labels with(Labels labels, const std::string& name, std::string_view value) {
  labels.emplace(name, value);
  return labels;
}

}  // namespace drishti::metrics
