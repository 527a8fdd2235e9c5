#pragma once
// Group U of the threat catalogue (faults of upstream servers, A.1.9) as a table of named cases.

#include "tests/scenarios/cache_catalogue.hpp"

namespace drishti::testing::upstream_catalogue {

using cache_catalogue::Case;
using cache_catalogue::Checks;
using cache_catalogue::Entry;

std::vector<Entry> failure_entries();  // U01 .. U06, U13 .. U16, U18 .. U21: connections, retries, limits
std::vector<Entry> health_entries();   // U07 .. U12, U17: health, names, queues

}  // namespace drishti::testing::upstream_catalogue
