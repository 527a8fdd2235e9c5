#include "health/peer_health.hpp"

#include <utility>

namespace drishti::health {
namespace {

Moment moment_of(std::int64_t now_seconds) {
  Moment moment = Moment::now();
  moment.steady_ms = now_seconds * 1000;
  return moment;
}

}  // namespace

bool PeerHealth::failed(const Limits& limits, std::int64_t now_seconds) {
  if (!passive_.failed(limits, now_seconds)) return false;
  const std::string reason = "max_fails: " + std::to_string(fails()) + " failures";
  on({Event::Kind::disabled, reason}, moment_of(now_seconds));
  return true;
}

std::optional<Transition> PeerHealth::succeeded(const Limits& limits, std::int64_t now_seconds) {
  const int cleared = passive_.succeeded();
  if (limits.max_fails == 0 || cleared < limits.max_fails) return std::nullopt;
  return on({Event::Kind::enabled, "a request succeeded after fail_timeout"}, moment_of(now_seconds));
}

void PeerHealth::clear() {
  if (fails() == 0) return;
  passive_.clear();
  on({Event::Kind::enabled, "it is the only peer of its group"}, Moment::now());
}

std::optional<Transition> PeerHealth::configure(Settings settings, Moment now, std::string_view cause) {
  std::lock_guard lock(mutex_);
  std::vector<CheckResult> results;
  for (const CheckSettings& check : settings.checks) {
    const auto& before = machine_.settings().checks;
    const auto known = std::ranges::find(before, check.key, &CheckSettings::key);
    results.push_back(known == before.end() ? CheckResult{}
                                            : results_[static_cast<std::size_t>(known - before.begin())]);
  }
  results_ = std::move(results);
  is_configured_ = true;
  return remember(machine_.configure(std::move(settings), now, cause));
}

std::optional<Transition> PeerHealth::on(const Event& event, Moment now) {
  std::lock_guard lock(mutex_);
  auto transition = remember(machine_.on(event, now));
  count_ejection(transition, event.kind);
  return transition;
}

void PeerHealth::count_ejection(const std::optional<Transition>& transition, Event::Kind kind) {
  if (!transition) return;
  std::optional<EjectionCause> cause;
  if (transition->to == PeerStatus::unhealthy) cause = EjectionCause::health_check;
  else if (transition->to != PeerStatus::ejected) return;
  else if (kind == Event::Kind::ejected) cause = EjectionCause::outlier_detection;
  else if (kind == Event::Kind::disabled) cause = EjectionCause::max_fails;
  if (cause) ejections_[static_cast<std::size_t>(*cause)].fetch_add(1, std::memory_order_relaxed);
}

std::optional<Transition> PeerHealth::checked(std::size_t check, CheckResult result, Moment now) {
  std::lock_guard lock(mutex_);
  if (check >= results_.size()) return std::nullopt;
  const std::string reason = result.reason;
  result.wall_ms = now.wall_ms;
  result.checks = results_[check].checks + 1;
  result.failed = results_[check].failed + (result.passed ? 0 : 1);
  results_[check] = std::move(result);
  const bool passed = results_[check].passed;
  (passed ? checks_passed_ : checks_failed_).fetch_add(1, std::memory_order_relaxed);
  const auto kind = passed ? Event::Kind::check_passed : Event::Kind::check_failed;
  auto transition = remember(machine_.on({kind, reason, check}, now));
  count_ejection(transition, kind);
  return transition;
}

/// Publishes what selection reads; called after every change, with the mutex held.
std::optional<Transition> PeerHealth::remember(std::optional<Transition> transition) {
  if (transition && transition->from == PeerStatus::unhealthy && !machine_.fails_checks()) passive_.clear();
  status_.store(machine_.status(), std::memory_order_relaxed);
  slow_start_ms_.store(machine_.settings().slow_start.count(), std::memory_order_relaxed);
  slow_since_ms_.store(machine_.slow_start_since_ms(), std::memory_order_relaxed);
  const int gate = (machine_.fails_checks() ? checks : 0) | (machine_.is_ejected() ? ejected : 0) |
                   (machine_.is_draining() ? draining : 0);
  gate_.store(static_cast<std::uint8_t>(gate), std::memory_order_relaxed);
  if (transition) {
    if (history_.size() == kept_transitions) history_.erase(history_.begin());
    history_.push_back(*transition);
  }
  return transition;
}

bool PeerHealth::is_configured() const {
  std::lock_guard lock(mutex_);
  return is_configured_;
}

std::vector<Transition> PeerHealth::history() const {
  std::lock_guard lock(mutex_);
  return history_;
}

std::vector<CheckResult> PeerHealth::check_results() const {
  std::lock_guard lock(mutex_);
  return results_;
}

void PeerHealth::count_outliers() {
  if (!outliers_) outliers_ = std::make_unique<OutlierTally>();
}

}  // namespace drishti::health
