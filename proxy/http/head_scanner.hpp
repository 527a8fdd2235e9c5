#pragma once
// What the two head parsers share: finding lines within limits, and field lines. RFC 9112 2.2 and 5.

#include <algorithm>
#include <cstring>
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

/// The first colon of the line [begin, end), or nullptr. Reads ahead up to READABLE, where the buffer ends.
inline const char* find_colon(const char* begin, const char* end, const char* readable) {
#if defined(__SSE2__)
  if (readable - begin >= 16) [[likely]] {
    const int mask = _mm_movemask_epi8(_mm_cmpeq_epi8(detail::load16(begin), _mm_set1_epi8(':')));
    if (mask != 0) {
      const char* const colon = begin + __builtin_ctz(static_cast<unsigned>(mask));
      return colon < end ? colon : nullptr;
    }
  }
#endif
  static_cast<void>(readable);
  return static_cast<const char*>(std::memchr(begin, ':', static_cast<std::size_t>(end - begin)));
}

/// Parses a non-empty line without controls, with CRLF behind it, into `field`; READABLE as for find_colon.
inline Reject parse_field_line(std::string_view line, const char* readable, Field& field) {
  const char* const begin = line.data();
  const char* end = begin + line.size();
  if (is_ows(*begin)) [[unlikely]] return Reject::obsolete_fold;
  const char* const colon = find_colon(begin, end, readable);
  if (colon == nullptr) [[unlikely]] return Reject::missing_colon;
  field.name = {begin, static_cast<std::size_t>(colon - begin)};
  field.id = detail::find_field_id(field.name);
  if (field.id == FieldId::other && !is_token(field.name)) [[unlikely]] return Reject::bad_field_name;
  const char* value = colon + 1;
  while (is_ows(*value)) ++value;  // the CR of the line ends this at the latest
  while (end > value && is_ows(end[-1])) --end;
  field.value = {value, static_cast<std::size_t>(end - value)};
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
