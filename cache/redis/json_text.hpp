#pragma once
// Whether bytes are one JSON text (RFC 8259), nested at most 512 deep. What JSON.parse() of the user's middleware would
// refuse must not be answered, and what it could not read must not be written. No numbers are computed, nothing allocates
// but the nesting.

#include <string_view>

namespace drishti::cache::redis {

bool is_json_text(std::string_view text);

}  // namespace drishti::cache::redis
