#pragma once
// The guide's cost calculator: what each phase costs against what comes in. Money is in whatever currency the file is in.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drishti::scaling {

/// Of a month.
struct Costs {
  static constexpr std::array<std::string_view, 5> items{"server", "database", "storage", "cdn", "monitoring"};
  std::array<double, items.size()> of{};

  double total() const;
};

struct Phase {
  std::string name;
  double revenue_from = 0;
  double revenue_example = 0;  ///< what the ratio is reckoned with
  double users_from = 0;
  double requests_from = 0;    ///< in 30 days; 0: they say nothing about this phase
  Costs costs;
};

/// The guide's numbers, unless a file says otherwise.
struct CostPlan {
  std::optional<double> revenue;  ///< of a month, now
  std::optional<double> users;    ///< now; else the proxy's concurrent users
  std::optional<int> replicas;    ///< now; else the servers that the proxy sees
  std::string currency = "$";
  double goal = 0.20;             ///< costs against revenue
  Costs current{{50, 20, 10, 5, 0}};
  std::optional<double> replica_cost;  ///< one server more; else the current cost of one
  std::vector<Phase> phases;

  static CostPlan of_the_guide();
};

/// What the proxy knows of today.
struct Today {
  double concurrent_users = 0;
  double requests_last_30_days = 0;
  int replicas = 0;
  int required = 0;
};

/// A YAML file over the guide's numbers (docs/SCALING.md). Throws std::runtime_error with the line of a mistake.
CostPlan read_cost_plan(std::string_view yaml);
/// From an answer of GET /scaling. Throws std::runtime_error.
Today read_today(std::string_view json);
/// The highest phase that revenue, users or requests have reached, an index of plan.phases; nothing when none of them is
/// known.
std::optional<std::size_t> phase_of(const CostPlan& plan, const std::optional<Today>& today);
std::string cost_text(const CostPlan& plan, const std::optional<Today>& today);

}  // namespace drishti::scaling
