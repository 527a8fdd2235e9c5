#include "metrics/openmetrics.hpp"

#include <charconv>
#include <cmath>
#include <string_view>

namespace drishti::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\n') out += "\\n";
    else if (c == '\\') out += "\\\\";
    else if (c == '"' && quotes) out += "\\\"";
    else out += c;
  }
}

void append_number(std::string& out, double value) {
  if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
    return;
  }
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out.append(text, end);
}

/// A bound is a float in its canonical form: `1.0`.
std::string bound_text(double bound) {
  std::string text;
  append_number(text, bound);
  if (text.find_first_of(".eI") == text.npos) text += ".0";
  return text;
}

void append_label(std::string& out, std::string_view name, std::string_view value) {
  out.append(out.back() == '{' ? "" : ",").append(name).append("=\"");
  append_escaped(out, value, true);
  out += '"';
}

void append_sample(std::string& out, std::string_view name, std::string_view suffix, const ClientMetric& metric,
                   double value, std::string_view bound = {}) {
  out.append(name).append(suffix);
  if (!metric.label.empty() || !bound.empty()) {
    out += '{';
    for (const auto& label : metric.label) append_label(out, label.name, label.value);
    if (!bound.empty()) append_label(out, "le", bound);
    out += '}';
  }
  out += ' ';
  append_number(out, value);
  out += '\n';
}

void append_histogram(std::string& out, std::string_view name, const ClientMetric& metric) {
  for (const auto& bucket : metric.histogram.bucket)
    append_sample(out, name, "_bucket", metric, static_cast<double>(bucket.cumulative_count),
                  bound_text(bucket.upper_bound));
  append_sample(out, name, "_count", metric, static_cast<double>(metric.histogram.sample_count));
  append_sample(out, name, "_sum", metric, metric.histogram.sample_sum);
}

struct Kind {
  std::string_view type, suffix;
};

Kind kind_of(const MetricFamily& family) {
  switch (family.type) {
    case MetricType::Counter: return {"counter", "_total"};
    case MetricType::Histogram: return {"histogram", ""};
    case MetricType::Gauge:
      if (family.name.ends_with("_info")) return {"info", "_info"};
      return {"gauge", ""};
    default: return {"unknown", ""};
  }
}

double value_of(const MetricFamily& family, const ClientMetric& metric) {
  if (family.type == MetricType::Counter) return metric.counter.value;
  return family.type == MetricType::Gauge ? metric.gauge.value : metric.untyped.value;
}

void append_family(std::string& out, const MetricFamily& family) {
  const Kind kind = kind_of(family);
  std::string_view name = family.name;
  if (name.ends_with(kind.suffix)) name.remove_suffix(kind.suffix.size());
  out.append("# TYPE ").append(name).append(" ").append(kind.type).append("\n# HELP ").append(name).append(" ");
  append_escaped(out, family.help, true);
  out += '\n';
  for (const ClientMetric& metric : family.metric) {
    if (family.type == MetricType::Histogram) append_histogram(out, name, metric);
    else append_sample(out, name, kind.suffix, metric, value_of(family, metric));
  }
}

}  // namespace

std::string openmetrics_text(const std::vector<MetricFamily>& families) {
  std::string out;
  for (const MetricFamily& family : families) append_family(out, family);
  out += "# EOF\n";
  return out;
}

}  // namespace drishti::metrics
