#pragma once
// Escaping of values in logs.

#include <string>
#include <string_view>

namespace drishti::context {

/// log_format escape=default: `"`, `\`, bytes below 0x20 and above 0x7e become \xHH.
void append_log_escaped(std::string_view value, std::string& out);
/// log_format escape=json: what a JSON string needs (RFC 8259 7).
void append_json_escaped(std::string_view value, std::string& out);

}  // namespace drishti::context
