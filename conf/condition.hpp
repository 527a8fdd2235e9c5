#pragma once
// The condition of `if`.

#include "conf/analysis.hpp"

namespace drishti::conf {

/// Reads the arguments of an `if` directive. Throws ConfigError `invalid condition "x"`.
Condition read_condition(Analysis& a, const Directive& d);

}  // namespace drishti::conf
