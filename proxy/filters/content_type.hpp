#pragma once
// Content-Type of what the proxy answers itself: types and default_type.

#include <string_view>

#include "context/request_context.hpp"

namespace drishti::filters {

/// The media type by the extension of context.uri, else default_type.
std::string_view content_type_for(context::RequestContext& context);

/// Begins an answer of our own: clears what an earlier one left, except fields that are to be kept
/// (Response::keep_fields).
void start_own_answer(int status, context::RequestContext& context);

/// Adds Content-Type, unless kept fields bring one or TYPE is "".
void set_content_type(std::string_view type, context::RequestContext& context);

}  // namespace drishti::filters
