#pragma once
// What proxy_pass and grpc_pass need once all levels are merged. Internal to conf/.

#include "conf/analysis.hpp"

namespace drishti::conf {

/// Gives each location the settings of its kind of pass (grpc_pass: those of grpc_*), its group and its TLS settings.
/// Throws ConfigError for TLS settings that contradict each other, in nginx's words.
void finish_upstream_passes(Analysis& a);

}  // namespace drishti::conf
