#include "metrics/scaling/cost.hpp"

#include <algorithm>
#include <numeric>

#include "metrics/scaling/printable.hpp"
#include "metrics/scaling/report.hpp"

namespace drishti::scaling {

double Costs::total() const { return std::accumulate(of.begin(), of.end(), 0.0); }

// Phase 1 costs what the guide calls current; for phase 5 it only says where its costs begin.
CostPlan CostPlan::of_the_guide() {
  CostPlan plan;
  plan.phases = {{"1: Startup", 0, 500, 0, 0, plan.current},
                 {"2: Growth", 1'000, 3'000, 100, 1e6, {{100, 40, 25, 15, 20}}},
                 {"3: Scale up", 5'000, 7'500, 500, 0, {{250, 100, 50, 30, 50}}},
                 {"4: Scale out", 10'000, 17'500, 2'000, 0, {{600, 200, 100, 50, 100}}},
                 {"5: Enterprise", 25'000, 25'000, 10'000, 0, {{1'000, 0, 0, 0, 0}}}};
  return plan;
}

namespace {

struct Situation {
  std::optional<double> revenue, users, requests;
  std::optional<int> replicas;
};

Situation situation_of(const CostPlan& plan, const std::optional<Today>& today) {
  Situation now{plan.revenue, plan.users, std::nullopt, plan.replicas};
  if (!today) return now;
  if (!now.users) now.users = today->concurrent_users;
  if (!now.replicas && today->replicas > 0) now.replicas = today->replicas;
  now.requests = today->requests_last_30_days;
  return now;
}

class Writer {
 public:
  Writer(const CostPlan& plan, const Situation& now, std::optional<std::size_t> phase) : plan_(plan), now_(now), phase_(phase) {}

  std::string text(const std::optional<Today>& today) const {
    return "Scaling cost calculator, for a month\n\n" + current() + "\n" + phases() + "\n" + position() + next_replica(today);
  }

 private:
  std::string money(double amount) const { return printable(plan_.currency) + number_text(amount, 2); }

  std::string ratio(double costs, double revenue) const {
    if (revenue <= 0) return "no revenue to compare with";
    const std::string percent = number_text(100 * costs / revenue) + " % of " + money(revenue);
    return percent + (costs <= plan_.goal * revenue ? ", within the goal of " : ", above the goal of ") +
           number_text(100 * plan_.goal) + " %";
  }

  std::string current() const {
    std::string text = "Now\n";
    for (std::size_t i = 0; i < Costs::items.size(); ++i)
      text += "  " + std::string(Costs::items[i]) + ": " + money(plan_.current.of[i]) + "\n";
    text += "  total: " + money(plan_.current.total());
    return text + (now_.revenue ? ", " + ratio(plan_.current.total(), *now_.revenue) : "") + "\n";
  }

  std::string phases() const {
    std::string text = "Phases\n";
    for (std::size_t i = 0; i < plan_.phases.size(); ++i) {
      const Phase& phase = plan_.phases[i];
      text += std::string(phase_ == i ? "> " : "  ") + printable(phase.name) + ", from " + money(phase.revenue_from) +
              ": costs " + money(phase.costs.total()) + ", " + ratio(phase.costs.total(), phase.revenue_example) + "\n";
    }
    return text;
  }

  std::string position() const {
    std::string by;
    auto add = [&](const std::string& what) { by += (by.empty() ? "" : ", ") + what; };
    if (now_.revenue) add("revenue " + money(*now_.revenue));
    if (now_.users) add(number_text(*now_.users, 0) + " users");
    if (now_.requests) add(number_text(*now_.requests, 0) + " requests in 30 days");
    if (!phase_) return "Today's phase is not known: give the revenue or the users in FILE, or the URL of a proxy.\n";
    return "Today is in phase " + printable(plan_.phases[*phase_].name) + ", by " + by + ".\n";
  }

  std::string next_replica(const std::optional<Today>& today) const {
    const int replicas = std::max(1, now_.replicas.value_or(1));
    const double one = plan_.replica_cost.value_or(plan_.current.of[0] / replicas);
    const double then = plan_.current.total() + one;
    std::string text = "The next server would cost " + money(one) + ", " + money(then) + " in all" +
                       (now_.revenue ? ": " + ratio(then, *now_.revenue) : "") + ".\n";
    const int missing = today ? today->required - today->replicas : 0;
    if (missing > 0)
      text += "The " + number_text(missing, 0) + " more that the proxy advises would cost " + money(one * missing) + ".\n";
    return text;
  }

  const CostPlan& plan_;
  const Situation& now_;
  std::optional<std::size_t> phase_;
};

}  // namespace

std::optional<std::size_t> phase_of(const CostPlan& plan, const std::optional<Today>& today) {
  const Situation now = situation_of(plan, today);
  if (!now.revenue && !now.users && !now.requests) return std::nullopt;
  std::size_t reached = 0;
  for (std::size_t i = 0; i < plan.phases.size(); ++i) {
    const Phase& phase = plan.phases[i];
    const bool is_busy = phase.requests_from > 0 && now.requests.value_or(0) > phase.requests_from;
    const bool is_reached = is_busy || now.revenue.value_or(-1) >= phase.revenue_from || now.users.value_or(-1) > phase.users_from;
    if (is_reached) reached = i;
  }
  return reached;
}

std::string cost_text(const CostPlan& plan, const std::optional<Today>& today) {
  const Situation now = situation_of(plan, today);
  return Writer(plan, now, phase_of(plan, today)).text(today);
}

}  // namespace drishti::scaling
