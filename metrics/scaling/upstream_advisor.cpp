#include "metrics/scaling/upstream_advisor.hpp"

#include <algorithm>
#include <cmath>

#include "metrics/scaling/trend.hpp"

namespace drishti::scaling {
namespace {

constexpr double loaded_from = 0.5;    // of the capacity: service times say nothing about the unloaded ones any more
constexpr double trend_windows = 5;    // stable windows that the trend looks back
constexpr double least_requests = 20;  // in a look at the capacity

Seconds seconds(std::chrono::milliseconds time) { return static_cast<double>(time.count()) / 1000; }

Seconds stable_window(const conf::ScalingSettings& settings) { return seconds(settings.stable_window); }
Seconds panic_window(const conf::ScalingSettings& settings) { return seconds(settings.panic_window); }

/// How long a look at the capacity is.
Seconds look(const conf::ScalingSettings& settings) {
  return std::max(panic_window(settings), stable_window(settings) / 4);
}

}  // namespace

UpstreamAdvisor::UpstreamAdvisor(std::string name, const conf::ScalingSettings& settings)
    : settings_(settings), series_(0), unloaded_(0), capacity_(0, 0) {
  advice_.name = std::move(name);
  configure(settings);
}

void UpstreamAdvisor::configure(const conf::ScalingSettings& settings) {
  settings_ = settings;
  series_.keep(trend_windows * stable_window(settings));
  unloaded_.look_back(seconds(settings.service_time_window));
  capacity_.configure(seconds(settings.capacity_memory), look(settings));
}

void UpstreamAdvisor::add(const UpstreamSample& now) {
  series_.add(now);
  const auto stable = series_.change(stable_window(settings_));
  const auto panic = series_.change(panic_window(settings_));
  learn(now);
  const Demand wanted = demand(now, stable.value_or(Change{}), panic.value_or(Change{}));
  const Decision decision = decision_.decide(wanted, settings_);
  advice_.required = decision.required;
  advice_.reason = decision.reason;
  advice_.is_panic = decision.is_panic;
  describe(now, stable.value_or(Change{}));
}

void UpstreamAdvisor::learn(const UpstreamSample& now) {
  const auto& samples = series_.samples();
  if (samples.size() < 2) return;
  const Change last = change_between(samples[samples.size() - 2], now);
  const Seconds window = look(settings_);
  const Change change = series_.change(window).value_or(Change{});
  const double peers = now.healthy;
  const bool is_loaded = capacity_.learned() && change.throughput() > loaded_from * *capacity_.learned() * peers;
  unloaded_.add(now.at, last, is_loaded);
  const bool may_look = peers > 0 && series_.covers(window) && series_.has_same_peers(window) && unloaded_.value() &&
                        change.ended >= least_requests;
  if (!may_look) return capacity_.interrupt();
  const double inflation = *unloaded_.value() > 0 ? change.mean_service() / *unloaded_.value() : 1;
  capacity_.observe({now.at, last.elapsed, change.throughput() / peers, change.concurrency() / peers, inflation,
                     *unloaded_.value(), change.failed_share()});
}

Demand UpstreamAdvisor::demand(const UpstreamSample& now, const Change& stable, const Change& panic) const {
  Demand demand{now.at, 0, 0, Reason::demand, now.peers, now.healthy};
  if (capacity_.learned()) {
    // Little's law on both sides: rate x unloaded service time against places x target, the service time cancelled out.
    const double aim = *capacity_.learned() * settings_.target_utilization;
    demand.stable = stable.arrival_rate() / aim;
    demand.panic = panic.arrival_rate() / aim;
    return demand;
  }
  demand.stable = demand.panic = now.peers;
  demand.basis = series_.covers(look(settings_)) ? Reason::capacity_unknown : Reason::warming_up;
  if (capacity_.proven() <= 0 || stable.arrival_rate() >= capacity_.proven() * now.peers) return demand;
  demand.stable = stable.arrival_rate() / capacity_.proven();
  if (std::ceil(demand.stable) < now.peers) demand.basis = Reason::proven_load;
  return demand;
}

double UpstreamAdvisor::utilization(double carried) const {
  if (advice_.arrival_rate <= 0) return 0;
  const double ratio = carried > 0 ? advice_.arrival_rate / carried : 1;
  return advice_.is_learned || carried <= 0 ? ratio : std::min(ratio, settings_.target_utilization);
}

void UpstreamAdvisor::describe(const UpstreamSample& now, const Change& stable) {
  advice_.present = now.peers;
  advice_.healthy = now.healthy;
  advice_.arrival_rate = stable.arrival_rate();
  advice_.concurrency = stable.concurrency();
  advice_.mean_service = stable.mean_service();
  advice_.unloaded_service = unloaded_.value().value_or(0);
  advice_.peer_capacity = capacity_.value();
  advice_.is_learned = capacity_.learned().has_value();
  advice_.target_utilization = settings_.target_utilization;
  const double carried = capacity_.value() * now.healthy;
  advice_.utilization = utilization(carried);
  advice_.headroom = std::max(0.0, carried - advice_.arrival_rate);
  advice_.to_saturation.reset();
  if (!advice_.is_learned) return;
  const auto trend = arrival_trend(series_, trend_windows * stable_window(settings_));
  if (trend) advice_.to_saturation = time_to_reach(carried, *trend);
}

}  // namespace drishti::scaling
