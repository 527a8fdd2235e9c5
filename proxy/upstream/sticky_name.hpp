#pragma once
// What `sticky` calls a server, in a cookie or a route.

#include <string>
#include <string_view>

#include "conf/upstream_settings.hpp"

namespace drishti::upstream {

/// ROUTE, or what stands for ADDRESS in a cookie: MD5, as nginx Plus has it, or with sticky_secret HMAC-SHA-256, so that
/// trying out addresses does not lead back to it. "": nobody is brought back to the server.
std::string sticky_name(const conf::StickySettings& settings, const std::string& route, std::string_view address);

}  // namespace drishti::upstream
