#pragma once
// The answer for an open regular file: validators, conditions (RFC 9110 13 with nginx's order) and ranges (14).

#include "filters/open_file.hpp"

namespace drishti::filters {

/// Fills context.response and says which parts of FILE to send. CODING: what the file's content is in (Content-Encoding).
StaticResult answer_file(OpenResult opened, context::RequestContext& context, std::string_view coding = {});

}  // namespace drishti::filters
