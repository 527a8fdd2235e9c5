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

/// Judges a name with bytes that nginx calls invalid; fills name (and id other) when it is a token all the same.
Reject parse_odd_name(std::string_view line, Field& field);

/// Parses a non-empty line without controls, with CRLF behind it, into `field`. `odd_name` tells that the name is a
/// token but not only letters, digits and `-`. The buffer ends at READABLE; wide loads may look ahead as far as that.
inline Reject parse_field_line(std::string_view line, const char* readable, Field& field, bool& odd_name) {
  const char* const begin = line.data();
  const char* end = begin + line.size();
  const char* const colon = find_not_plain_name(begin, readable);  // the CR of the line ends this at the latest
  odd_name = *colon != ':' || colon == begin;
  if (odd_name) [[unlikely]] {
    if (const Reject reason = parse_odd_name(line, field); reason != Reject::none) return reason;
  } else {
    field.name = {begin, static_cast<std::size_t>(colon - begin)};
    field.id = detail::find_field_id(field.name);
  }
  const char* value = begin + field.name.size() + 1;
  while (is_ows(*value)) ++value;
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
