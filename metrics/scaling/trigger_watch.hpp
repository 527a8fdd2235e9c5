#pragma once
// One trigger of the guide: a value, a threshold, and how long it may be above it.

#include <optional>
#include <string_view>

#include "conf/scaling_settings.hpp"
#include "metrics/scaling/sample.hpp"

namespace drishti::scaling {

enum class TriggerState { off, ok, pending, firing };
inline constexpr std::string_view trigger_state_names[] = {"off", "ok", "pending", "firing"};

class TriggerWatch {
 public:
  /// VALUE: nothing when there is none at the moment, which ends what was pending.
  void observe(Seconds now, std::optional<double> value, const conf::ScalingTrigger& trigger);

  TriggerState state() const { return state_; }
  double value() const { return value_; }
  /// How long the value has been above the threshold; 0 when it is not.
  Seconds above_for(Seconds now) const { return above_since_ ? now - *above_since_ : 0; }

 private:
  double value_ = 0;
  std::optional<Seconds> above_since_;
  TriggerState state_ = TriggerState::off;
};

}  // namespace drishti::scaling
