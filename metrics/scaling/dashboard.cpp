#include "metrics/scaling/dashboard.hpp"

#include <yaml-cpp/yaml.h>

#include <stdexcept>

#include "metrics/scaling/printable.hpp"
#include "metrics/scaling/report.hpp"

namespace drishti::scaling {
namespace {

std::string percent(double ratio) { return number_text(100 * ratio) + " %"; }

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

std::string line(const std::string& name, const std::string& value) { return "  " + padded(name + ":", 22) + value + "\n"; }

double number(const YAML::Node& node, const char* name) { return node[name].as<double>(); }

std::string performance(const YAML::Node& report) {
  const YAML::Node traffic = report["traffic"], machine = report["machine"];
  return "Performance\n" + line("Response time", number_text(number(traffic, "response_seconds"), 3) + " s") +
         line("CPU usage", percent(number(machine, "cpu_usage"))) +
         line("Memory usage", percent(number(machine, "memory_usage")));
}

std::string traffic(const YAML::Node& traffic) {
  const double seconds_a_minute = 60;
  return "Traffic\n" + line("Requests a minute", number_text(number(traffic, "requests_per_second") * seconds_a_minute, 0)) +
         line("Concurrent users", number_text(number(traffic, "concurrent_users"), 0)) +
         line("Error rate", percent(number(traffic, "error_ratio"))) +
         line("Requests in 30 days", number_text(number(traffic, "requests_last_30_days"), 0) + " (" +
                                         number_text(number(traffic, "days_known"), 0) + " days known)");
}

std::string upstream(const std::string& name, const YAML::Node& node) {
  const bool is_learned = node["capacity_learned"].as<bool>();
  const YAML::Node saturation = node["seconds_to_saturation"];
  std::string text = "Upstream " + printable(name) + "\n";
  text += line("Servers", number_text(number(node, "required_replicas"), 0) + " required, " +
                              number_text(number(node, "present_replicas"), 0) + " present, " +
                              number_text(number(node, "healthy_replicas"), 0) + " healthy");
  text += line("Because", printable(node["explanation"].as<std::string>()));
  text += line("Load", number_text(number(node, "arrival_rate")) + " requests/s, " +
                           number_text(number(node, "concurrency"), 2) + " in progress");
  text += line("Service time", number_text(1000 * number(node, "service_seconds")) + " ms, unloaded " +
                                   number_text(1000 * number(node, "unloaded_service_seconds")) + " ms");
  text += line("A server", (is_learned ? "can carry " : "has carried ") + number_text(number(node, "peer_capacity")) +
                               " requests/s");
  if (is_learned)
    text += line("Utilization", percent(number(node, "utilization")) + ", room for " +
                                    number_text(number(node, "headroom")) + " requests/s more");
  if (!saturation.IsNull()) text += line("Full in", duration_text(saturation.as<double>()));
  return text;
}

std::string triggers(const YAML::Node& all) {
  std::string text = "Triggers\n";
  for (const auto& entry : all) {
    const YAML::Node trigger = entry.second;
    const auto state = trigger["state"].as<std::string>();
    text += "  " + padded(printable(entry.first.as<std::string>()), 18) + padded(printable(state), 9);
    if (state != "off")
      text += number_text(number(trigger, "value"), 3) + " of " + number_text(number(trigger, "threshold"), 3);
    text += "\n";
  }
  return text;
}

std::string recommendations(const YAML::Node& list) {
  std::string text = "Recommendations\n";
  for (const auto& item : list) text += "  - " + printable(item.as<std::string>()) + "\n";
  return text;
}

}  // namespace

std::string dashboard(std::string_view json) {
  try {
    const YAML::Node report = YAML::Load(std::string(json));  // JSON is YAML
    if (!report.IsMap() || report["version"].as<int>() != 1) throw std::runtime_error("the answer is no scaling advice");
    std::string text = performance(report) + "\n" + traffic(report["traffic"]) + "\n";
    for (const auto& entry : report["upstreams"]) text += upstream(entry.first.as<std::string>(), entry.second) + "\n";
    return text + triggers(report["triggers"]) + "\n" + recommendations(report["recommendations"]);
  } catch (const YAML::Exception&) {
    throw std::runtime_error("the answer is no scaling advice");
  }
}

}  // namespace drishti::scaling
