#pragma once
// The versions that -v, -V and the start notice print.

#include <string>

namespace drishti::server {

/// `nginx/1.29.7 (drishti/0.1.0)`: the nginx release whose behaviour is claimed, and ours.
std::string version_text();
/// `nginx version: nginx/1.29.7 (drishti/0.1.0)`
std::string version_line();
/// What -V prints: the version, TLS library and the modules that exist and that do not, each line ending in \n.
std::string build_text();

}  // namespace drishti::server
