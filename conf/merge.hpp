#pragma once
// The end of an analysis: defaults, inheritance from http to server to location, and the checks that need both.

#include "conf/analysis.hpp"

namespace drishti::conf {

/// Gives every location of every server its final settings. Throws ConfigError.
void merge_levels(Analysis& a);

}  // namespace drishti::conf
