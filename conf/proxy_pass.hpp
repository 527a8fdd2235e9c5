#pragma once
// `proxy_pass` and `grpc_pass`.

#include "conf/analysis.hpp"

namespace drishti::conf {

/// The setter of `proxy_pass`.
void set_proxy_pass(Analysis& a, const Directive& d);
/// The setter of `grpc_pass`.
void set_grpc_pass(Analysis& a, const Directive& d);

}  // namespace drishti::conf
