#pragma once
// `server_name`: exact names, wildcards at either end, regular expressions.

#include "conf/analysis.hpp"

namespace drishti::conf {

/// The setter of `server_name`; may be used several times in a server.
void add_server_names(Analysis& a, const Directive& d);

}  // namespace drishti::conf
