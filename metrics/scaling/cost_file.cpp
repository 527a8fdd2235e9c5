// The calculator's inputs, from texts.
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "metrics/scaling/cost.hpp"

namespace drishti::scaling {
namespace {

[[noreturn]] void refuse(const std::string& what, const YAML::Node& where) {
  throw std::runtime_error(what + " in line " + std::to_string(where.Mark().line + 1));
}

double amount(const YAML::Node& node, const std::string& name) {
  constexpr double most = 1e12;
  double value = -1;
  if (!YAML::convert<double>::decode(node, value) || !std::isfinite(value) || value < 0 || value > most)
    refuse("\"" + name + "\" is no amount", node);
  return value;
}

std::string word(const YAML::Node& node, const std::string& name) {
  if (!node.IsScalar() || node.Scalar().size() > 64) refuse("\"" + name + "\" is no short text", node);
  return node.Scalar();
}

bool read_cost(Costs& costs, const std::string& name, const YAML::Node& node) {
  const auto* item = std::ranges::find(Costs::items, std::string_view(name));
  if (item == Costs::items.end()) return false;
  costs.of[static_cast<std::size_t>(item - Costs::items.begin())] = amount(node, name);
  return true;
}

/// Calls READ(name, value) for each entry; it returns false for a name that it does not know.
template <class Read>
void each_entry(const YAML::Node& map, Read read) {
  if (!map.IsMap()) refuse("a mapping is expected", map);
  for (const auto& entry : map) {
    const std::string name = word(entry.first, "name");
    if (!read(name, entry.second)) refuse("unknown \"" + name + "\"", entry.first);
  }
}

Phase read_phase(const YAML::Node& node) {
  Phase phase;
  each_entry(node, [&](const std::string& name, const YAML::Node& value) {
    if (name == "name") phase.name = word(value, name);
    else if (name == "revenue_from") phase.revenue_from = amount(value, name);
    else if (name == "revenue") phase.revenue_example = amount(value, name);
    else if (name == "users_from") phase.users_from = amount(value, name);
    else if (name == "requests_from") phase.requests_from = amount(value, name);
    else return read_cost(phase.costs, name, value);
    return true;
  });
  return phase;
}

void read_phases(const YAML::Node& list, CostPlan& plan) {
  constexpr std::size_t most_phases = 20;
  if (!list.IsSequence() || list.size() == 0 || list.size() > most_phases) refuse("\"phases\" is no list of phases", list);
  plan.phases.clear();
  for (const auto& node : list) plan.phases.push_back(read_phase(node));
}

bool read_entry(CostPlan& plan, const std::string& name, const YAML::Node& value) {
  if (name == "revenue") plan.revenue = amount(value, name);
  else if (name == "users") plan.users = amount(value, name);
  else if (name == "replicas") plan.replicas = static_cast<int>(std::min(amount(value, name), 1e6));
  else if (name == "currency") plan.currency = word(value, name);
  else if (name == "goal_percent") plan.goal = amount(value, name) / 100;
  else if (name == "replica_cost") plan.replica_cost = amount(value, name);
  else if (name == "phases") read_phases(value, plan);
  else if (name == "current")
    each_entry(value, [&](const std::string& item, const YAML::Node& node) { return read_cost(plan.current, item, node); });
  else return false;
  return true;
}

}  // namespace

CostPlan read_cost_plan(std::string_view yaml) {
  CostPlan plan = CostPlan::of_the_guide();
  try {
    const YAML::Node file = YAML::Load(std::string(yaml));
    if (file.IsNull()) return plan;
    each_entry(file, [&](const std::string& name, const YAML::Node& value) { return read_entry(plan, name, value); });
  } catch (const YAML::Exception& error) {
    throw std::runtime_error(error.msg + " in line " + std::to_string(error.mark.line + 1));
  }
  return plan;
}

Today read_today(std::string_view json) {
  try {
    const YAML::Node report = YAML::Load(std::string(json));
    const YAML::Node traffic = report["traffic"];
    Today today{traffic["concurrent_users"].as<double>(), traffic["requests_last_30_days"].as<double>(), 0, 0};
    for (const auto& entry : report["upstreams"]) {
      today.replicas += entry.second["present_replicas"].as<int>();
      today.required += entry.second["required_replicas"].as<int>();
    }
    return today;
  } catch (const YAML::Exception&) {
    throw std::runtime_error("the answer is no scaling advice");
  }
}

}  // namespace drishti::scaling
