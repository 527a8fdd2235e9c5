#pragma once
// Guards for text that the configuration builds out of what clients send. Threat P10.

#include <string>
#include <string_view>

namespace drishti::filters {

/// Whether a generated field value may be written: without CR, LF and NUL.
inline bool is_safe_value(std::string_view value) {
  for (const char c : value) {
    if (c == '\r' || c == '\n' || c == '\0') return false;
  }
  return true;
}

/// Appends TEXT with control bytes, space and DEL percent-encoded.
void append_without_controls(std::string_view text, std::string& out);

}  // namespace drishti::filters
