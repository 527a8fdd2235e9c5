#pragma once
// proxy_redirect and proxy_cookie_domain/_path. Each returns the value itself when nothing applies; a rewritten value
// lives in the request's arena.

#include <string_view>

#include "context/request_context.hpp"

namespace drishti::filters {

std::string_view rewrite_location(std::string_view value, context::RequestContext& context);
/// Rewrites what follows `url=`.
std::string_view rewrite_refresh(std::string_view value, context::RequestContext& context);
/// Rewrites the Domain and Path attributes of one Set-Cookie.
std::string_view rewrite_cookie(std::string_view value, context::RequestContext& context);

}  // namespace drishti::filters
