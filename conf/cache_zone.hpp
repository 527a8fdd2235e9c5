#pragma once
// `proxy_cache_path`: reads a zone.

#include "conf/analysis.hpp"

namespace drishti::conf {

void add_cache_zone(Analysis& a, const Directive& d);

}  // namespace drishti::conf
