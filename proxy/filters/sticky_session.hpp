#pragma once
// sticky: which server a request asks for, and the cookie that brings its client back. docs/UPSTREAMS.md

#include <string_view>

#include "conf/upstream_settings.hpp"
#include "context/request_context.hpp"

namespace drishti::filters {

/// The name of the server that the client was at, as it says; "" when it says nothing. The view lives as long as the
/// request.
std::string_view sticky_server(const conf::StickySettings& sticky, context::RequestContext& context);

/// Adds Set-Cookie for SERVER, which answers, unless the client, who asked for ASKED, has that cookie already and it does
/// not expire.
void add_sticky_cookie(const conf::StickySettings& sticky, std::string_view server, std::string_view asked,
                       context::RequestContext& context);

}  // namespace drishti::filters
