#pragma once
// The replacement of a rewrite: captures, arguments and their escaping. In the request's arena.

#include <string_view>

#include "conf/config.hpp"
#include "context/request_context.hpp"

namespace drishti::filters {

struct Replacement {
  std::string_view uri;
  std::string_view args;  ///< with the request's own appended, unless the rule drops them
};

/// The new URI of a rule that matched (its captures are remembered).
Replacement replace_uri(const conf::RewriteRule& rule, context::RequestContext& context);

/// The Location of a rule with `redirect` or `permanent`.
std::string_view redirect_target(const conf::RewriteRule& rule, context::RequestContext& context);

}  // namespace drishti::filters
