#include "metrics/scaling/families.hpp"

#include <limits>

#include "metrics/family.hpp"

namespace drishti::scaling {
namespace {

using metrics::Family;
using metrics::Labels;
using Families = std::vector<prometheus::MetricFamily>;

/// A gauge with a value for each upstream.
template <class Read>
void add_gauge(Families& families, const Report& report, const char* name, const char* help, Read read) {
  Family family = Family::gauge(name, help);
  for (const UpstreamAdvice& advice : report.upstreams)
    family.add({{"upstream", advice.name}}, static_cast<double>(read(advice)));
  families.push_back(family.take());
}

void add_replicas(Families& families, const Report& report) {
  using A = UpstreamAdvice;
  auto gauge = [&](const char* name, const char* help, auto read) { add_gauge(families, report, name, help, read); };
  gauge("drishti_scaling_required_replicas", "Servers that the upstream should have.", [](const A& a) { return a.required; });
  gauge("drishti_scaling_present_replicas", "Servers that are meant to serve.", [](const A& a) { return a.present; });
  gauge("drishti_scaling_healthy_replicas", "Servers that may be chosen now.", [](const A& a) { return a.healthy; });
  gauge("drishti_scaling_panic", "1 while demand rises steeply and nothing is scaled in.", [](const A& a) { return a.is_panic; });
  Family reason = Family::gauge("drishti_scaling_reason", "1 for the reason why so many are required.");
  for (const A& advice : report.upstreams)
    for (std::size_t i = 0; i < std::size(reason_names); ++i)
      reason.add({{"reason", std::string(reason_names[i])}, {"upstream", advice.name}},
                 advice.reason == static_cast<Reason>(i) ? 1.0 : 0.0);
  families.push_back(reason.take());
}

void add_load(Families& families, const Report& report) {
  using A = UpstreamAdvice;
  auto gauge = [&](const char* name, const char* help, auto read) { add_gauge(families, report, name, help, read); };
  gauge("drishti_scaling_arrival_rate", "Requests a second, of the stable window.", [](const A& a) { return a.arrival_rate; });
  gauge("drishti_scaling_concurrency", "Mean number of requests in progress, of the stable window.",
        [](const A& a) { return a.concurrency; });
  gauge("drishti_scaling_unloaded_service_seconds", "Time of a request that waits for no other; 0: not known yet.",
        [](const A& a) { return a.unloaded_service; });
  gauge("drishti_scaling_peer_capacity", "Requests a second that a server can carry, or, unless learned, has carried.",
        [](const A& a) { return a.peer_capacity; });
  gauge("drishti_scaling_capacity_learned", "1 once the capacity was learned from requests that had to wait.",
        [](const A& a) { return a.is_learned; });
  gauge("drishti_scaling_utilization_ratio", "Demand against the capacity of the healthy servers.",
        [](const A& a) { return a.utilization; });
  gauge("drishti_scaling_headroom", "Requests a second that the healthy servers could carry in addition.",
        [](const A& a) { return a.headroom; });
  gauge("drishti_scaling_saturation_seconds", "Time until the healthy servers are full at the present trend; +Inf: not in sight.",
        [](const A& a) { return a.to_saturation.value_or(std::numeric_limits<double>::infinity()); });
}

void add_triggers(Families& families, const Report& report) {
  Family firing = Family::gauge("drishti_scaling_trigger_firing", "1 while the trigger has been above its threshold for long enough.");
  Family value = Family::gauge("drishti_scaling_trigger_value", "What the trigger watches: seconds, ratios or numbers.");
  Family threshold = Family::gauge("drishti_scaling_trigger_threshold", "The trigger fires above it; +Inf: it is off.");
  for (const TriggerReport& trigger : report.triggers) {
    const Labels labels{{"trigger", std::string(conf::trigger_names[static_cast<std::size_t>(trigger.kind)])}};
    const bool is_off = trigger.state == TriggerState::off;
    firing.add(labels, trigger.state == TriggerState::firing ? 1.0 : 0.0);
    value.add(labels, trigger.value);
    threshold.add(labels, is_off ? std::numeric_limits<double>::infinity() : trigger.threshold);
  }
  for (Family* family : {&firing, &value, &threshold}) families.push_back(family->take());
}

}  // namespace

Families families(const Report& report) {
  Families all;
  add_replicas(all, report);
  add_load(all, report);
  add_triggers(all, report);
  all.push_back(Family::gauge("drishti_machine_cpu_usage_ratio", "CPU in use on the proxy's machine, of the last minute.")
                    .add(report.cpu_usage).take());
  all.push_back(Family::gauge("drishti_machine_memory_usage_ratio", "Memory in use on the proxy's machine.")
                    .add(report.memory_usage).take());
  return all;
}

}  // namespace drishti::scaling
