// scaling and its contents.
#include <algorithm>

#include "conf/setters.hpp"
#include "conf/tables.hpp"

namespace drishti::conf {
namespace {

void read_scaling(Analysis& a, const Directive& d) {
  Scope scope;
  scope.context = context::scaling;
  a.read_block(d, std::move(scope));
  const ScalingSettings& scaling = a.config.scaling;
  if (scaling.panic_window > scaling.stable_window) fail("\"panic_window\" is longer than \"stable_window\"", d);
  if (scaling.min_replicas > scaling.max_replicas) fail("\"min_replicas\" is above \"max_replicas\"", d);
}

/// A time between a second and a bound that keeps memory and patience finite.
template <auto Member, int Hours>
void set_window(Analysis& a, const Directive& d) {
  const milliseconds value = msec_value(d);
  if (value < 1s || value > std::chrono::hours(Hours)) fail_directive("invalid value", d);
  a.config.scaling.*Member = value;
}

/// `80%` as 0.8.
double percent_of(std::string_view text, int least, int most, const Directive& d) {
  const auto value = text.ends_with('%') ? parse_number(text.substr(0, text.size() - 1)) : std::nullopt;
  if (!value || *value < static_cast<std::uint64_t>(least) || *value > static_cast<std::uint64_t>(most))
    fail("invalid value " + quoted(text), d);
  return static_cast<double>(*value) / 100;
}

template <auto Member, int Least, int Most>
void set_percent(Analysis& a, const Directive& d) {
  a.config.scaling.*Member = percent_of(d.args[0], Least, Most, d);
}

template <auto Member>
void set_replicas(Analysis& a, const Directive& d) {
  const int value = number_value(d);
  if (value < 1 || value > 100'000) fail_directive("invalid value", d);
  a.config.scaling.*Member = value;
}

void set_history_file(Analysis& a, const Directive& d) { a.config.scaling.history_file = a.full_path(d.args[0]); }

/// In the unit of the trigger: a time, a percentage or a number.
double threshold_of(TriggerKind kind, const Directive& d) {
  const std::string& text = d.args[1];
  switch (kind) {
    case TriggerKind::response_time: {
      const auto value = parse_msec(text);
      if (!value || value->count() == 0) fail("invalid value " + quoted(text), d);
      return static_cast<double>(value->count()) / 1000;
    }
    case TriggerKind::concurrent_users:
    case TriggerKind::monthly_requests: {
      const auto value = parse_number(text);
      if (!value || *value == 0) fail("invalid value " + quoted(text), d);
      return static_cast<double>(*value);
    }
    default: return percent_of(text, 1, kind == TriggerKind::traffic_growth ? 100'000 : 100, d);
  }
}

void set_trigger(Analysis& a, const Directive& d) {
  const auto* name = std::ranges::find(trigger_names, std::string_view(d.args[0]));
  if (name == trigger_names.end()) fail("unknown trigger " + quoted(d.args[0]), d);
  const auto index = static_cast<std::size_t>(name - trigger_names.begin());
  ScalingTrigger& trigger = a.config.scaling.triggers[index];
  trigger.is_on = d.args[1] != "off";
  if (!trigger.is_on && d.args.size() == 2) return;
  trigger.threshold = threshold_of(static_cast<TriggerKind>(index), d);
  if (d.args.size() == 2) return;
  const auto text = parameter(d.args[2], "for");
  const auto duration = text ? parse_msec(*text) : std::nullopt;
  if (!duration || *duration > std::chrono::hours(24 * 30)) fail("invalid parameter " + quoted(d.args[2]), d);
  trigger.duration = *duration;
}

constexpr unsigned s = context::scaling;
using S = ScalingSettings;
constexpr auto done = Effect::implemented;
constexpr std::string_view own = "A directive of drishti.";

constexpr DirectiveSpec table[] = {
    {"scaling", context::http, block(take(0)), "{ ... }", "",
     "How the advice of docs/SCALING.md is made; it is made without this block, too.", read_scaling, Repeat::once, done, own},
    {"stable_window", s, take(1), "time", "60s", "The demand that counts is the mean of so long; 1s to 1h.",
     set_window<&S::stable_window, 1>, Repeat::once, done, own},
    {"panic_window", s, take(1), "time", "6s", "A demand that rises steeply is looked at over so long.",
     set_window<&S::panic_window, 1>, Repeat::once, done, own},
    {"panic_threshold", s, take(1), "percent", "200%",
     "Panic begins when the demand of the panic window asks for so much of the healthy servers.",
     set_percent<&S::panic_threshold, 110, 1000>, Repeat::once, done, own},
    {"target_utilization", s, take(1), "percent", "80%", "How much of its capacity a server is meant to carry.",
     set_percent<&S::target_utilization, 10, 100>, Repeat::once, done, own},
    {"scale_in_delay", s, take(1), "time", "5m", "Fewer servers have to be enough for so long before fewer are advised.",
     set_window<&S::scale_in_delay, 24>, Repeat::once, done, own},
    {"service_time_window", s, take(1), "time", "10m", "How far back the unloaded service time is looked for.",
     set_window<&S::service_time_window, 24>, Repeat::once, done, own},
    {"capacity_memory", s, take(1), "time", "1d", "How long it is remembered what a server was able to carry; 1s to 30 days.",
     set_window<&S::capacity_memory, 24 * 30>, Repeat::once, done, own},
    {"min_replicas", s, take(1), "number", "1", "Never advise fewer.", set_replicas<&S::min_replicas>, Repeat::once, done, own},
    {"max_replicas", s, take(1), "number", "1000", "Never advise more.", set_replicas<&S::max_replicas>, Repeat::once, done, own},
    {"history_file", s, take(1), "file", "", "Where the number of requests of the last 60 days survives a restart.",
     set_history_file, Repeat::once, done, own},
    {"trigger", s, take(2, 3), "name threshold | off [for=time]",
     "response_time 3s for=1h; cpu 80% for=30m; memory 85% for=30m; error_rate 2% for=15m; concurrent_users 100 for=1m; "
     "monthly_requests 1000000; traffic_growth 100%",
     "What is above its threshold for so long is a reason to scale.", set_trigger, Repeat::many, done, own},
};

}  // namespace

std::span<const DirectiveSpec> scaling_directives() { return table; }

}  // namespace drishti::conf
