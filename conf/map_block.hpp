#pragma once
// `map`.

#include "conf/analysis.hpp"

namespace drishti::conf {

/// The setter of `map SOURCE $VARIABLE { }`.
void read_map(Analysis& a, const Directive& d);

}  // namespace drishti::conf
