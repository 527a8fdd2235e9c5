#pragma once
// `location`: modifiers, nesting rules, duplicates.

#include "conf/analysis.hpp"

namespace drishti::conf {

/// The setter of `location` in a server or in a location.
void read_location(Analysis& a, const Directive& d);

/// Throws ConfigError `duplicate location "x"` when two of CHILDREN, or of theirs, are the same.
void check_duplicate_locations(const std::vector<std::shared_ptr<Location>>& children);

}  // namespace drishti::conf
