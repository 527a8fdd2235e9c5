#pragma once
// Visits every location of a configuration: server roots, nested locations, bodies of `if`.

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "conf/config.hpp"

namespace drishti::server {

using LocationVisitor = std::function<void(const conf::Location&)>;

void for_each_location(const conf::Config& config, const LocationVisitor& visit);

/// The paths of all access logs and error logs, each once.
std::set<std::string> log_paths(const conf::Config& config);

/// The error_logs of all locations, with repetitions.
std::vector<conf::ErrorLog> location_error_logs(const conf::Config& config);

/// The directories of client_body_temp_path and proxy_temp_path that the configuration names, each once.
std::set<std::string> temp_paths(const conf::Config& config);

}  // namespace drishti::server
