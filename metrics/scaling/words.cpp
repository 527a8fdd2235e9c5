// The report in words.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "metrics/scaling/report.hpp"

namespace drishti::scaling {

std::string number_text(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  std::string number(text);
  if (number.find('.') != number.npos) {
    number.erase(number.find_last_not_of('0') + 1);
    if (number.back() == '.') number.pop_back();
  }
  return number == "-0" ? "0" : number;
}

std::string duration_text(Seconds seconds) {
  if (seconds < 120) return number_text(seconds, 0) + " s";
  if (seconds < 2 * 3600) return number_text(seconds / 60, 0) + " min";
  if (seconds < 48 * 3600) return number_text(seconds / 3600) + " h";
  return number_text(seconds / 86400) + " days";
}

namespace {

std::string servers_text(int count) { return std::to_string(count) + (count == 1 ? " server" : " servers"); }
std::string percent(double ratio) { return number_text(100 * ratio) + " %"; }
std::string rate_text(double rate) { return number_text(rate, rate < 10 ? 2 : rate < 100 ? 1 : 0) + " requests/s"; }

std::string demand_text(const UpstreamAdvice& advice) {
  const double servers = advice.arrival_rate / (advice.peer_capacity * advice.target_utilization);
  return rate_text(advice.arrival_rate) + " need " + number_text(servers) + " servers that carry " +
         rate_text(advice.peer_capacity) + " each and are used to " + percent(advice.target_utilization);
}

std::string advice_text(const UpstreamAdvice& advice) {
  if (advice.required > advice.present)
    return advice.name + ": add " + servers_text(advice.required - advice.present) + ", " +
           std::to_string(advice.required) + " in all: " + explanation(advice);
  if (advice.required < advice.present)
    return advice.name + ": " + servers_text(advice.required) + " would be enough instead of " +
           std::to_string(advice.present) + ": " + explanation(advice);
  if (advice.to_saturation && *advice.to_saturation < 3600)
    return advice.name + ": at the present trend all servers are full in " + duration_text(*advice.to_saturation);
  return {};
}

std::string trigger_text(const TriggerReport& trigger) {
  const std::string held = trigger.duration > 0 ? " for " + duration_text(trigger.above_for) : std::string{};
  switch (trigger.kind) {
    case conf::TriggerKind::response_time:
      return "High response time (" + number_text(trigger.value, 2) + " s" + held +
             "): add servers or make the application faster";
    case conf::TriggerKind::cpu:
      return "High CPU usage of the proxy's machine (" + percent(trigger.value) + held + "): a bigger machine or one more";
    case conf::TriggerKind::memory:
      return "High memory usage of the proxy's machine (" + percent(trigger.value) + held +
             "): more memory, or smaller caches";
    case conf::TriggerKind::error_rate:
      return "High error rate (" + percent(trigger.value) + held + "): look into the application's logs first";
    case conf::TriggerKind::concurrent_users:
      return number_text(trigger.value, 0) + " concurrent users" + held + ": serve them from more than one server";
    case conf::TriggerKind::monthly_requests:
      return number_text(trigger.value, 0) + " requests in 30 days: time for the next phase (drishti scaling cost)";
    case conf::TriggerKind::traffic_growth:
      return "Traffic grew by " + percent(trigger.value) + " in 30 days: plan the next phase (drishti scaling cost)";
  }
  return {};
}

}  // namespace

std::string explanation(const UpstreamAdvice& advice) {
  switch (advice.reason) {
    case Reason::warming_up: return "not watched for long enough yet";
    case Reason::capacity_unknown:
      return "nobody had to wait so far: what is there is enough for " + rate_text(advice.arrival_rate);
    case Reason::proven_load:
      return "one server carried " + rate_text(advice.peer_capacity) + " before, there are " +
             rate_text(advice.arrival_rate) + " in all";
    case Reason::demand: return demand_text(advice);
    case Reason::panic: return "demand rose steeply; over the longer window " + demand_text(advice);
    case Reason::scale_in_delay: return "fewer would do, but not for long enough yet";
    case Reason::too_few_healthy:
      return std::to_string(advice.healthy) + " of " + servers_text(advice.present) +
             " healthy: none is taken away before half of them are";
    case Reason::limit: return "min_replicas and max_replicas allow no other number";
  }
  return {};
}

std::vector<std::string> recommendations(const Report& report) {
  std::vector<std::string> said;
  auto say = [&](std::string text) {
    if (!text.empty()) said.push_back(std::move(text));
  };
  std::vector<const UpstreamAdvice*> by_need;
  for (const UpstreamAdvice& advice : report.upstreams) by_need.push_back(&advice);
  std::ranges::stable_sort(by_need, std::greater{}, [](const UpstreamAdvice* a) { return a->required - a->present; });
  for (const UpstreamAdvice* advice : by_need)
    if (advice->required >= advice->present) say(advice_text(*advice));
  for (const TriggerReport& trigger : report.triggers)
    if (trigger.state == TriggerState::firing) say(trigger_text(trigger));
  for (const UpstreamAdvice* advice : by_need)
    if (advice->required < advice->present) say(advice_text(*advice));
  if (said.empty()) say("Nothing to do.");
  return said;
}

}  // namespace drishti::scaling
