#pragma once
// The versions that -v, -V and the start notice print.

#include <string>

namespace drishti::server {

/// The nginx release whose behaviour is claimed (upstream HTTP/1.1 and keep-alive by default); tools compare it.
inline constexpr const char* nginx_version = "1.29.7";
inline constexpr const char* drishti_version = "0.1.0";

/// `nginx version: nginx/1.29.7 (drishti/0.1.0)`
std::string version_line();
/// What -V prints: the version, TLS library and the modules that exist and that do not, each line ending in \n.
std::string build_text();

}  // namespace drishti::server
