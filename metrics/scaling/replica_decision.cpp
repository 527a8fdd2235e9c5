#include "metrics/scaling/replica_decision.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace drishti::scaling {
namespace {

Seconds seconds(std::chrono::milliseconds time) { return static_cast<double>(time.count()) / 1000; }

/// Half the width of the band around a step, in servers.
double band(int replicas) { return std::max(0.05, 0.03 * replicas); }

int whole(double replicas) { return std::max(1, static_cast<int>(std::ceil(replicas))); }

}  // namespace

// Knative: panic begins when the short window asks for a multiple of what is there, and lasts until that did not happen
// for a stable window.
bool ReplicaDecision::update_panic(const Demand& demand, const conf::ScalingSettings& settings) {
  const bool is_steep = demand.basis == Reason::demand && demand.healthy > 0 &&
                        demand.panic >= settings.panic_threshold * demand.healthy;
  if (is_steep) panic_until_ = demand.at + seconds(settings.stable_window);
  if (panic_until_ && demand.at > *panic_until_) panic_until_.reset();
  return panic_until_.has_value();
}

/// Up at once; down to the most that was wanted during DELAY.
int ReplicaDecision::follow(const Demand& demand, double wanted, Seconds delay) {
  const int now = *advised_;
  const int up = whole(wanted - band(now)), down = whole(wanted + band(now));
  const int wish = up > now ? up : std::min(down, now);
  while (!wishes_.empty() && wishes_.back().replicas <= wish) wishes_.pop_back();
  wishes_.push_back({demand.at, wish});
  while (wishes_.size() > 1 && wishes_.front().at < demand.at - delay) wishes_.pop_front();
  return std::max(wish, wishes_.front().replicas);
}

Decision ReplicaDecision::decide(const Demand& demand, const conf::ScalingSettings& settings) {
  const Seconds delay = seconds(settings.scale_in_delay);
  if (!advised_) {
    advised_ = std::max(1, demand.peers);
    wishes_.push_back({demand.at, *advised_});
  }
  const bool is_panic = update_panic(demand, settings);
  const double wanted = is_panic ? std::max(demand.stable, demand.panic) : demand.stable;
  const int followed = follow(demand, wanted, delay);
  Decision decision{is_panic ? std::max(*advised_, followed) : followed, demand.basis, is_panic};
  if (is_panic) decision.reason = Reason::panic;
  else if (decision.required > whole(wanted + band(decision.required))) decision.reason = Reason::scale_in_delay;
  if (demand.healthy * 2 < demand.peers && decision.required < demand.peers) {
    decision.required = std::max(*advised_, demand.peers);
    decision.reason = Reason::too_few_healthy;
  }
  const int within = std::clamp(decision.required, settings.min_replicas, settings.max_replicas);
  if (within != decision.required) decision.reason = Reason::limit;
  advised_ = decision.required = within;
  return decision;
}

}  // namespace drishti::scaling
