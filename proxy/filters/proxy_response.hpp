#pragma once
// What becomes of the upstream's response head: proxy_hide_header, proxy_pass_header, proxy_redirect, proxy_cookie_*,
// proxy_ignore_headers, X-Accel-*. Hop-by-hop fields are dropped (threat R23).

#include <cstdint>
#include <optional>
#include <string_view>

#include "conf/config.hpp"
#include "context/request_context.hpp"
#include "http/message.hpp"

namespace drishti::filters {

/// What X-Accel-* and the rest ask of the proxy.
struct UpstreamAdvice {
  std::optional<std::string_view> redirect;      ///< X-Accel-Redirect: URI or @name
  std::optional<bool> buffering;                 ///< X-Accel-Buffering
  std::optional<std::uint64_t> limit_rate;       ///< X-Accel-Limit-Rate
};

/// Fills context.response from HEAD (status, reason, filtered and rewritten fields, content length).
/// `location_prefix_uri` is what `proxy_redirect default` maps to. Views stay in HEAD's buffer or the arena.
UpstreamAdvice take_upstream_head(const http::ResponseHead& head, context::RequestContext& context);

/// Makes the path of an X-Accel-Redirect (decoded, dot segments resolved) the URI in force, and the method GET unless
/// it is HEAD. False when it is no path that stays below the root: 404.
bool take_accel_target(std::string_view redirect, context::RequestContext& context);

}  // namespace drishti::filters
