// The report as JSON. What is here is promised in docs/SCALING.md: names stay, more may come.
#include <cmath>
#include <cstdio>

#include "metrics/scaling/report.hpp"
#include "metrics/utf8_text.hpp"

namespace drishti::scaling {
namespace {

/// RFC 8259 7.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : metrics::utf8_text(text)) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      out += escape;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string number(double value) { return std::isfinite(value) ? number_text(value, 6) : "null"; }

class Object {
 public:
  Object& raw(std::string_view name, const std::string& value) {
    text_ += (text_.empty() ? "" : ",") + quoted(name) + ":" + value;
    return *this;
  }
  Object& add(std::string_view name, double value) { return raw(name, number(value)); }
  Object& add(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  Object& add(std::string_view name, std::string_view value) { return raw(name, quoted(value)); }
  Object& whole(std::string_view name, std::int64_t value) { return raw(name, std::to_string(value)); }
  std::string text() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

std::string upstream_text(const UpstreamAdvice& advice) {
  Object object;
  object.whole("required_replicas", advice.required)
      .whole("present_replicas", advice.present)
      .whole("healthy_replicas", advice.healthy)
      .add("reason", reason_names[static_cast<std::size_t>(advice.reason)])
      .add("explanation", std::string_view(explanation(advice)))
      .add("panic", advice.is_panic)
      .add("arrival_rate", advice.arrival_rate)
      .add("concurrency", advice.concurrency)
      .add("service_seconds", advice.mean_service)
      .add("unloaded_service_seconds", advice.unloaded_service)
      .add("peer_capacity", advice.peer_capacity)
      .add("capacity_learned", advice.is_learned)
      .add("utilization", advice.utilization)
      .add("target_utilization", advice.target_utilization)
      .add("headroom", advice.headroom)
      .raw("seconds_to_saturation", advice.to_saturation ? number(*advice.to_saturation) : "null");
  return object.text();
}

std::string trigger_text(const TriggerReport& trigger) {
  return Object()
      .add("state", trigger_state_names[static_cast<std::size_t>(trigger.state)])
      .add("value", trigger.value)
      .add("threshold", trigger.threshold)
      .add("for_seconds", trigger.duration)
      .add("above_for_seconds", trigger.above_for)
      .text();
}

std::string traffic_text(const Traffic& traffic) {
  return Object()
      .add("requests_per_second", traffic.request_rate)
      .add("response_seconds", traffic.response_time)
      .add("error_ratio", traffic.error_ratio)
      .add("concurrent_users", traffic.concurrent_users)
      .whole("requests_last_30_days", static_cast<std::int64_t>(traffic.last_30_days))
      .whole("requests_30_days_before", static_cast<std::int64_t>(traffic.before_30_days))
      .whole("days_known", traffic.days_known)
      .text();
}

}  // namespace

std::string json(const Report& report) {
  Object upstreams, triggers;
  for (const UpstreamAdvice& advice : report.upstreams) upstreams.raw(advice.name, upstream_text(advice));
  for (const TriggerReport& trigger : report.triggers)
    triggers.raw(conf::trigger_names[static_cast<std::size_t>(trigger.kind)], trigger_text(trigger));
  std::string advice;
  for (const std::string& text : recommendations(report)) advice += (advice.empty() ? "" : ",") + quoted(text);
  return Object()
             .whole("version", 1)
             .whole("time", report.unix_time)
             .raw("machine", Object().add("cpu_usage", report.cpu_usage).add("memory_usage", report.memory_usage).text())
             .raw("traffic", traffic_text(report.traffic))
             .raw("upstreams", upstreams.text())
             .raw("triggers", triggers.text())
             .raw("recommendations", "[" + advice + "]")
             .text() +
         "\n";
}

}  // namespace drishti::scaling
