#pragma once
// HTTP dates (RFC 9110 5.6.7). Our own small parser and printer: strptime depends on the locale.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace drishti::http {

inline constexpr std::size_t http_date_size = 29;
/// Writes `Sun, 06 Nov 1994 08:49:37 GMT` (29 bytes) to `out`.
void write_http_date(std::int64_t unix_seconds, char* out);
std::string http_date(std::int64_t unix_seconds);
/// All three forms of RFC 9110; nullopt when it is none.
std::optional<std::int64_t> parse_http_date(std::string_view text);

}  // namespace drishti::http
