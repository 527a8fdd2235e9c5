#include "health/state_machine.hpp"

#include <algorithm>
#include <utility>

namespace drishti::health {

std::string_view status_name(PeerStatus status) {
  switch (status) {
    case PeerStatus::healthy: return "healthy";
    case PeerStatus::checking: return "checking";
    case PeerStatus::unhealthy: return "unhealthy";
    case PeerStatus::ejected: return "ejected";
    case PeerStatus::draining: return "draining";
    case PeerStatus::slow_start: return "slow_start";
  }
  return {};
}

Moment Moment::now() {
  using namespace std::chrono;
  return {duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count(),
          duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()};
}

std::optional<Transition> StateMachine::configure(Settings settings, Moment now, std::string_view cause) {
  const bool has_to_prove = is_configured_ ? fails_checks() : settings.mandatory;
  std::vector<Check> checks;
  for (const CheckSettings& wanted : settings.checks) {
    const auto known = std::ranges::find(settings_.checks, wanted.key, &CheckSettings::key);
    if (known != settings_.checks.end())
      checks.push_back(checks_[static_cast<std::size_t>(known - settings_.checks.begin())]);
    else
      checks.push_back({has_to_prove ? Verdict::unknown : Verdict::good});
  }
  settings_ = std::move(settings);
  checks_ = std::move(checks);
  if (!std::exchange(is_configured_, true)) {  // the first status is no change
    status_ = derive(now);
    return std::nullopt;
  }
  return settle(cause, now);
}

std::optional<Transition> StateMachine::on(const Event& event, Moment now) {
  apply(event, now);
  return settle(event.reason, now);
}

void StateMachine::apply(const Event& event, Moment now) {
  using Kind = Event::Kind;
  switch (event.kind) {
    case Kind::check_passed: return passed(event.check);
    case Kind::check_failed: return failed(event.check);
    case Kind::disabled: disabled_ = true; return;
    case Kind::enabled: disabled_ = false; return;
    case Kind::ejected: ejected_until_ms_ = event.until_ms; return;
    case Kind::drained: drained_ = true; return;
    case Kind::undrained: drained_ = false; return;
    case Kind::joined:
      if (settings_.slow_start.count() > 0) slow_since_ms_ = now.steady_ms;
      return;
    case Kind::time: return;
  }
}

void StateMachine::passed(std::size_t index) {
  if (index >= checks_.size()) return;  // of a configuration that is gone
  Check& check = checks_[index];
  check.fails = 0;
  if (check.verdict == Verdict::good || ++check.passes < settings_.checks[index].passes) return;
  check = {Verdict::good};
}

void StateMachine::failed(std::size_t index) {
  if (index >= checks_.size()) return;
  Check& check = checks_[index];
  check.passes = 0;
  if (check.verdict == Verdict::bad || ++check.fails < settings_.checks[index].fails) return;
  check = {Verdict::bad};
}

bool StateMachine::any(Verdict verdict) const {
  return std::ranges::any_of(checks_, [&](const Check& check) { return check.verdict == verdict; });
}

bool StateMachine::fails_checks() const { return any(Verdict::bad) || any(Verdict::unknown); }

bool StateMachine::is_slow(Moment now) const {
  return slow_since_ms_ != 0 && now.steady_ms < slow_since_ms_ + settings_.slow_start.count();
}

PeerStatus StateMachine::derive(Moment now) const {
  if (is_draining()) return PeerStatus::draining;
  if (any(Verdict::bad)) return PeerStatus::unhealthy;
  if (is_ejected() || disabled_) return PeerStatus::ejected;
  if (any(Verdict::unknown)) return PeerStatus::checking;
  return is_slow(now) ? PeerStatus::slow_start : PeerStatus::healthy;
}

bool StateMachine::end_ejection(Moment now) {
  if (!is_ejected() || now.steady_ms < ejected_until_ms_) return false;
  ejected_until_ms_ = 0;
  return true;
}

std::optional<Transition> StateMachine::settle(std::string_view cause, Moment now) {
  const bool ejection_ended = end_ejection(now);
  // Checks of a peer that comes back are the newer knowledge: earlier failures of requests don't count any more.
  if (status_ == PeerStatus::unhealthy && !fails_checks()) disabled_ = false;
  const bool was_in_use = status_ == PeerStatus::healthy || status_ == PeerStatus::slow_start;
  PeerStatus next = derive(now);
  const bool ramp_ended = status_ == PeerStatus::slow_start && next == PeerStatus::healthy;
  if (next == PeerStatus::healthy && !was_in_use && settings_.slow_start.count() > 0) {
    slow_since_ms_ = now.steady_ms;
    next = PeerStatus::slow_start;
  }
  if (next != PeerStatus::slow_start) slow_since_ms_ = 0;
  if (next == status_) return std::nullopt;
  if (ramp_ended) cause = "slow start is over";
  else if (ejection_ended) cause = "the time of its ejection is over";
  return Transition{std::exchange(status_, next), next, std::string(cause), now.wall_ms, ramp_ended || ejection_ended};
}

}  // namespace drishti::health
