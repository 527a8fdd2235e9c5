#include "metrics/scaling/advisor.hpp"

#include <algorithm>

namespace drishti::scaling {
namespace {

constexpr Seconds minute = 60;

double usage(const CpuTime& from, const CpuTime& to) {
  return to.total > from.total ? std::clamp((to.busy - from.busy) / (to.total - from.total), 0.0, 1.0) : 0;
}

}  // namespace

Advisor::Advisor(const conf::ScalingSettings& settings) : settings_(settings), requests_(minute), served_(minute) {}

void Advisor::configure(const conf::ScalingSettings& settings) {
  settings_ = settings;
  for (auto& [name, upstream] : upstreams_) upstream.configure(settings);
}

void Advisor::add(const ProcessSample& process, const std::vector<NamedSample>& upstreams) {
  now_ = process.at;
  report_.unix_time = process.unix_time;
  count_requests(process);
  measure_cpu(process);
  measure_traffic(process, upstreams);
  std::map<std::string, UpstreamAdvisor> kept;
  for (const NamedSample& named : upstreams) {
    auto known = upstreams_.extract(named.name);
    auto& advisor = known.empty() ? kept.try_emplace(named.name, named.name, settings_).first->second
                                  : kept.insert(std::move(known)).position->second;
    advisor.add(named.sample);
  }
  upstreams_ = std::move(kept);
  watch(process);
}

// After a reload that took a server away there are fewer than before.
void Advisor::count_requests(const ProcessSample& process) {
  const double more = requests_before_ ? process.requests - *requests_before_ : 0;
  requests_before_ = process.requests;
  history_.add(process.unix_time, more > 0 ? static_cast<std::uint64_t>(more) : 0);
}

void Advisor::measure_cpu(const ProcessSample& process) {
  report_.memory_usage = process.memory_usage.value_or(0);
  if (!process.cpu) return cpu_.clear();
  cpu_.push_back({process.at, *process.cpu});
  while (cpu_.size() > 2 && cpu_[1].at <= process.at - minute) cpu_.pop_front();
  report_.cpu_usage = usage(cpu_.front().time, cpu_.back().time);
}

void Advisor::measure_traffic(const ProcessSample& process, const std::vector<NamedSample>& upstreams) {
  requests_.add({process.at, process.requests, process.requests, process.failed, 0, 0, 0, 0});
  UpstreamSample all{process.at, 0, 0, 0, 0, 0, 0, 0};
  for (const NamedSample& named : upstreams) {
    all.ended += named.sample.ended;
    all.service_seconds += named.sample.service_seconds;
  }
  served_.add(all);
  const Change answered = requests_.change(minute).value_or(Change{});
  report_.traffic = {answered.throughput(),   served_.change(minute).value_or(Change{}).mean_service(),
                     answered.failed_share(), process.open_connections,
                     history_.last_month(),   history_.month_before(),
                     history_.days()};
}

std::optional<double> Advisor::value_of(conf::TriggerKind kind, const ProcessSample& process) const {
  using Kind = conf::TriggerKind;
  switch (kind) {
    case Kind::response_time: return report_.traffic.response_time;
    case Kind::cpu: return process.cpu ? std::optional(report_.cpu_usage) : std::nullopt;
    case Kind::memory: return process.memory_usage;
    case Kind::error_rate: return report_.traffic.error_ratio;
    case Kind::concurrent_users: return process.open_connections;
    case Kind::monthly_requests: return static_cast<double>(report_.traffic.last_30_days);
    case Kind::traffic_growth: return history_.growth();
  }
  return std::nullopt;
}

void Advisor::watch(const ProcessSample& process) {
  for (std::size_t i = 0; i < watches_.size(); ++i)
    watches_[i].observe(process.at, value_of(static_cast<conf::TriggerKind>(i), process), settings_.triggers[i]);
}

Report Advisor::report() const {
  Report report = report_;
  for (const auto& [name, upstream] : upstreams_) report.upstreams.push_back(upstream.advice());
  for (std::size_t i = 0; i < watches_.size(); ++i) {
    const conf::ScalingTrigger& trigger = settings_.triggers[i];
    report.triggers.push_back({static_cast<conf::TriggerKind>(i), watches_[i].state(), watches_[i].value(),
                               trigger.threshold, static_cast<double>(trigger.duration.count()) / 1000,
                               watches_[i].above_for(now_)});
  }
  return report;
}

}  // namespace drishti::scaling
