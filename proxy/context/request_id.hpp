#pragma once
#include <string_view>

#include "context/request_context.hpp"

namespace drishti::context {

/// 32 random hexadecimal digits, lower case; from a generator of this thread that getrandom seeded. Not for secrets.
void write_random_hex(char (&out)[32]);

/// $request_id, the same for the whole request.
std::string_view request_id(RequestContext& context);

}  // namespace drishti::context
