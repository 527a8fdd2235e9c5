#pragma once
// health_check and match: from the directives to what the prober sends and expects. Internal to conf/.

#include "conf/analysis.hpp"

namespace drishti::conf {

/// `match NAME { ... }` in http. Throws ConfigError.
void read_health_match(Analysis& a, const Directive& d);

/// The parameters of `health_check`. Throws ConfigError.
HealthCheck read_health_check(const Directive& d);

/// Once all is read and merged: gives every group the checks of its locations, each different one once.
/// Throws ConfigError for a check without an upstream group or with an unknown `match`.
void attach_health_checks(Analysis& a);

}  // namespace drishti::conf
