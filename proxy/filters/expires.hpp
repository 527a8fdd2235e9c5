#pragma once
// `expires`: the fields Expires and Cache-Control of a response.

#include "context/request_context.hpp"

namespace drishti::filters {

/// Writes both over what the response has of them, as the location says. For the statuses that add_header applies to.
void apply_expires(context::RequestContext& context);

}  // namespace drishti::filters
