#pragma once
// What the two head parsers share: finding lines within limits, and field lines. RFC 9112 2.2 and 5.

#include <algorithm>
#include <optional>

#include "http/chars.hpp"
#include "http/field_table.hpp"
#include "http/head_parser.hpp"

namespace drishti::http {

inline LineScanner::Result LineScanner::next(std::string_view buffer, Reject too_long, std::string_view& line,
                                             Reject& reject) {
  const std::size_t window = std::min({buffer.size(), position_ + line_limit_, total_limit_});
  const char* const end = buffer.data() + window;
  const char* const stop = find_control(buffer.data() + scanned_, end);
  if (end - stop >= 2 && stop[0] == '\r' && stop[1] == '\n') [[likely]] {
    const char* const begin = buffer.data() + position_;
    line = {begin, static_cast<std::size_t>(stop - begin)};
    position_ = scanned_ = static_cast<std::size_t>(stop + 2 - buffer.data());
    return Result::line;
  }
  return unfinished(buffer, window, static_cast<std::size_t>(stop - buffer.data()), too_long, reject);
}

/// Where the name of a field line ends; npos when there is no colon.
inline std::size_t find_colon(std::string_view line) {
#if defined(__SSE2__)
  if (line.size() >= 16) {
    const __m128i colons = _mm_cmpeq_epi8(detail::load16(line.data()), _mm_set1_epi8(':'));
    if (const int mask = _mm_movemask_epi8(colons)) return static_cast<std::size_t>(__builtin_ctz(static_cast<unsigned>(mask)));
  }
#endif
  return line.find(':');
}

/// Parses a non-empty line without controls into `field`.
inline Reject parse_field_line(std::string_view line, Field& field) {
  if (is_ows(line.front())) [[unlikely]] return Reject::obsolete_fold;
  const std::size_t colon = find_colon(line);
  if (colon == line.npos) [[unlikely]] return Reject::missing_colon;
  field.name = line.substr(0, colon);
  field.id = detail::find_field_id(field.name);
  if (field.id == FieldId::other && !is_token(field.name)) [[unlikely]] return Reject::bad_field_name;
  field.value = trim_ows(line.substr(colon + 1));
  return Reject::none;
}

/// The digits of a Content-Length; nullopt unless 1 to 64 digits of at most 2^63-1. RFC 9112 6.3, 9110 8.6.
std::optional<std::uint64_t> parse_content_length(std::string_view value);

/// What Transfer-Encoding says when it is not plain `chunked`: how it is to be refused.
Reject refuse_transfer_encoding(std::string_view value);

/// The framing fields of any message: at most one of Content-Length and Transfer-Encoding, both well-formed.
/// kind none means: neither was there. RFC 9112 6.1 to 6.3.
Reject parse_framing(const FieldList& fields, int version, BodyFraming& body);

/// Tokens of all Connection fields.
struct ConnectionOptions {
  bool close = false, keep_alive = false, upgrade = false;
};
ConnectionOptions parse_connection(const FieldList& fields);

}  // namespace drishti::http
