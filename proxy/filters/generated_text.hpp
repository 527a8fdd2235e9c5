#pragma once
// Guards for text that the configuration builds out of what clients send. Threat P10.

#include <string>
#include <string_view>

#include "http/chars.hpp"

namespace drishti::filters {

/// Whether a generated field value may be written: without CR, LF, NUL and other control bytes but HTAB.
inline bool is_safe_value(std::string_view value) {
  const char* end = value.data() + value.size();
  return http::find_control(value.data(), end) == end;
}

/// Appends TEXT with control bytes, space and DEL percent-encoded.
void append_without_controls(std::string_view text, std::string& out);

}  // namespace drishti::filters
