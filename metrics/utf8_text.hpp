#pragma once
// Names of the configuration may be any bytes; Prometheus and JSON take UTF-8 alone.

#include <string>
#include <string_view>

namespace drishti::metrics {

/// TEXT with each byte that is no part of a character (RFC 3629: no overlong forms, no surrogates) as U+FFFD.
std::string utf8_text(std::string_view text);

}  // namespace drishti::metrics
