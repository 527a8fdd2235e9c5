#include "http/head_scanner.hpp"

#include "http/tokens.hpp"

namespace drishti::http {

LineScanner::Result LineScanner::unfinished(std::string_view buffer, std::size_t window, std::size_t stop,
                                            Reject too_long, Reject& reject) {
  const bool lone_cr = stop + 1 == window && buffer[stop] == '\r';  // its LF may be the next byte
  if (stop == window || lone_cr) {
    scanned_ = stop;
    if (window == position_ + line_limit_)
      reject = too_long;
    else if (window == total_limit_)
      reject = Reject::head_too_large;
    else
      return Result::need_more;
    return Result::rejected;
  }
  const std::string_view before = buffer.substr(position_, stop - position_);
  if (buffer[stop] == '\n')
    reject = Reject::bare_lf;
  else if (buffer[stop] == '\r')
    reject = Reject::bare_cr;
  else
    reject = before.find(':') == before.npos ? Reject::bad_field_name : Reject::bad_field_value;
  return Result::rejected;
}

Reject parse_odd_name(std::string_view line, Field& field) {
  if (is_ows(line.front())) return Reject::obsolete_fold;
  const std::size_t colon = line.find(':');
  if (colon == line.npos) return Reject::missing_colon;
  field.name = line.substr(0, colon);
  field.id = FieldId::other;
  return is_token(field.name) ? Reject::none : Reject::bad_field_name;
}

std::optional<std::uint64_t> parse_content_length(std::string_view value) {
  constexpr std::uint64_t maximum = INT64_MAX;
  if (value.empty() || value.size() > 64) return std::nullopt;
  std::uint64_t length = 0;
  for (const char c : value) {
    if (!is_digit(c)) return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (length > (maximum - digit) / 10) return std::nullopt;
    length = length * 10 + digit;
  }
  return length;
}

Reject refuse_transfer_encoding(std::string_view value) {
  // RFC 9112 6.1: chunked must come once and last; an empty element or a parameter is no coding at all.
  int codings = 0, chunked = 0;
  bool last_is_chunked = false;
  for (;;) {
    const std::size_t comma = std::min(value.find(','), value.size());
    const std::string_view coding = trim_ows(value.substr(0, comma));
    if (!is_token(coding)) return Reject::bad_transfer_encoding;
    last_is_chunked = is_word(coding, "chunked");
    ++codings;
    chunked += last_is_chunked ? 1 : 0;
    if (comma == value.size()) break;
    value.remove_prefix(comma + 1);
  }
  const bool framed = chunked == 1 && last_is_chunked;
  return framed || codings == 1 ? Reject::unknown_transfer_encoding : Reject::bad_transfer_encoding;
}

Reject parse_framing(const FieldList& fields, int version, BodyFraming& body) {
  const Field* const encoding = fields.find(FieldId::transfer_encoding);
  const Field* const length = fields.find(FieldId::content_length);
  if (encoding != nullptr) {
    if (length != nullptr) return Reject::length_and_chunked;
    if (version < 11) return Reject::transfer_encoding_in_http10;
    if (fields.repeated(FieldId::transfer_encoding)) return Reject::bad_transfer_encoding;
    if (!is_word(encoding->value, "chunked")) return refuse_transfer_encoding(encoding->value);
    body = {BodyKind::chunked, 0};
  } else if (length != nullptr) {
    if (fields.repeated(FieldId::content_length)) return Reject::duplicate_content_length;
    const std::optional<std::uint64_t> bytes = parse_content_length(length->value);
    if (!bytes) return Reject::bad_content_length;
    body = {BodyKind::length, *bytes};
  }
  return Reject::none;
}

ConnectionOptions parse_connection(const FieldList& fields) {
  ConnectionOptions options;
  const auto note = [&options](std::string_view token) {
    options.close |= is_word(token, "close");
    options.keep_alive |= is_word(token, "keep-alive");
    options.upgrade |= is_word(token, "upgrade");
  };
  const Field* const first = fields.find(FieldId::connection);
  if (first == nullptr) return options;
  if (!fields.repeated(FieldId::connection) && is_word(first->value, "keep-alive")) {  // nearly always
    options.keep_alive = true;
    return options;
  }
  for (const Field& field : fields) {
    if (field.id == FieldId::connection) for_each_token(field.value, note);
  }
  return options;
}

}  // namespace drishti::http
