#pragma once
// `proxy_pass`.

#include "conf/analysis.hpp"

namespace drishti::conf {

/// The setter of `proxy_pass`.
void set_proxy_pass(Analysis& a, const Directive& d);

}  // namespace drishti::conf
