#pragma once
// proxy_cookie_flags: Secure, HttpOnly and SameSite of an upstream's cookies.

#include <string_view>

#include "context/request_context.hpp"

namespace drishti::filters {

/// COOKIE (the value of a Set-Cookie) with the flags of the first rule that names it. The view lives as long as the request.
std::string_view apply_cookie_flags(std::string_view cookie, context::RequestContext& context);

}  // namespace drishti::filters
