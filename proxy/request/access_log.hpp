#pragma once
// Writes the access log lines of a finished request to the worker's buffers. Never blocks.

#include "context/request_context.hpp"
#include "request/generation.hpp"

namespace drishti::request {

void write_access_logs(Generation& generation, context::RequestContext& context);

}  // namespace drishti::request
