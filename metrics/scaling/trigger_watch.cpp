#include "metrics/scaling/trigger_watch.hpp"

namespace drishti::scaling {

void TriggerWatch::observe(Seconds now, std::optional<double> value, const conf::ScalingTrigger& trigger) {
  value_ = value.value_or(0);
  if (!trigger.is_on || !value || *value <= trigger.threshold) {
    above_since_.reset();
    state_ = trigger.is_on ? TriggerState::ok : TriggerState::off;
    return;
  }
  if (!above_since_) above_since_ = now;
  const bool is_long_enough = now - *above_since_ >= static_cast<double>(trigger.duration.count()) / 1000;
  state_ = is_long_enough ? TriggerState::firing : TriggerState::pending;
}

}  // namespace drishti::scaling
