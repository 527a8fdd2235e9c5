#include "http/body_decoder.hpp"

#include <algorithm>

#include "http/chars.hpp"

namespace drishti::http {

namespace {
constexpr std::uint64_t max_body = INT64_MAX;
constexpr unsigned max_size_digits = 16;
constexpr unsigned max_size_line = 4 << 10;
constexpr std::uint64_t free_overhead = 16 << 10;
constexpr unsigned max_trailer_bytes = 8 << 10;
constexpr unsigned max_trailer_lines = 100;
}  // namespace

void BodyDecoder::start(BodyFraming framing) {
  *this = BodyDecoder();
  kind_ = framing.kind;
  if (kind_ == BodyKind::length) remaining_ = framing.length;
  done_ = kind_ == BodyKind::none || (kind_ == BodyKind::length && remaining_ == 0);
}

BodyDecoder::Step BodyDecoder::decode(std::string_view input) {
  if (done_ || reject_ != Reject::none || input.empty()) return {};
  if (kind_ == BodyKind::until_close) {
    body_bytes_ += input.size();
    return {input.size(), input};
  }
  if (kind_ == BodyKind::length) {
    const Step step = take_data(input, 0);
    done_ = remaining_ == 0;
    return step;
  }
  const std::size_t framing = decode_framing(input);
  if (state_ != State::data) return {framing, {}};
  const Step step = take_data(input, framing);
  if (remaining_ == 0) state_ = State::data_cr;
  return step;
}

BodyDecoder::Step BodyDecoder::take_data(std::string_view input, std::size_t framing) {
  const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(input.size() - framing, remaining_));
  remaining_ -= size;
  body_bytes_ += size;
  return {framing + size, input.substr(framing, size)};
}

bool BodyDecoder::on_eof() {
  if (kind_ == BodyKind::until_close) done_ = true;
  return done_;
}

/// Goes through bytes of framing until data begins; returns how many it used.
std::size_t BodyDecoder::decode_framing(std::string_view input) {
  std::size_t used = skip_usual_framing(input);
  while (used < input.size() && state_ != State::data && !done_ && reject_ == Reject::none) {
    state_ = next_state(input[used]);
    if (reject_ == Reject::none) ++used;
  }
  return used;
}

/// What nearly every chunk looks like, in one go: the CRLF of the chunk before, 1 to 15 hex digits without a zero
/// first, CRLF. Returns 0 and changes nothing when it is not that, or not all there.
std::size_t BodyDecoder::skip_usual_framing(std::string_view input) {
  if (state_ != State::size_begin && state_ != State::data_cr) return 0;
  const char* at = input.data();
  const char* const end = at + input.size();
  if (state_ == State::data_cr) {
    if (end - at < 2 || at[0] != '\r' || at[1] != '\n') return 0;
    at += 2;
  }
  const char* const digits = at;
  std::uint64_t size = 0;
  for (int digit; at != end && (digit = hex_value(*at)) >= 0; ++at)
    size = size << 4 | static_cast<std::uint64_t>(digit);
  const bool usual =
      at != digits && *digits != '0' && at - digits < 16 && end - at >= 2 && at[0] == '\r' && at[1] == '\n';
  if (!usual) return 0;
  if (size_line_error(size) != Reject::none) return 0;  // found again, at its byte
  remaining_ = size;
  state_ = State::data;
  return static_cast<std::size_t>(at + 2 - input.data());
}

BodyDecoder::State BodyDecoder::refuse(Reject reason) {
  reject_ = reason;
  return state_;
}

BodyDecoder::State BodyDecoder::next_state(char c) {
  if (state_ <= State::size) return on_size(c);
  if (state_ <= State::data_lf) return on_line_end(c);
  if (state_ <= State::extension_quoted_end) return on_extension(c);
  return on_trailer(c);
}

/// chunk-size, RFC 9112 7.1.
BodyDecoder::State BodyDecoder::on_size(char c) {
  if (state_ == State::size_begin) {
    remaining_ = 0;
    digits_ = 0;
    line_bytes_ = 0;
  }
  if (++line_bytes_ > max_size_line) return refuse(Reject::chunk_overhead);
  if (const int digit = hex_value(c); digit >= 0) {
    if (digits_ > 0 || digit > 0)
      ++digits_;
    else
      ++overhead_;
    if (digits_ > max_size_digits) return refuse(Reject::bad_chunk);
    remaining_ = remaining_ << 4 | static_cast<std::uint64_t>(digit);
    return State::size;
  }
  if (state_ == State::size_begin) return refuse(Reject::bad_chunk);
  return after_extension(c);
}

/// What may come behind a chunk size, an extension name or an extension value.
BodyDecoder::State BodyDecoder::after_extension(char c) {
  if (c == ';') return State::extension_name_begin;
  if (c == '\r') return State::size_lf;
  return refuse(Reject::bad_chunk);
}

/// chunk-ext, RFC 9112 7.1.1, without the whitespace that only recipients have to expect.
BodyDecoder::State BodyDecoder::on_extension(char c) {
  ++overhead_;
  if (++line_bytes_ > max_size_line) return refuse(Reject::chunk_overhead);
  switch (state_) {
    case State::extension_name_begin:
      return is(char_token, c) ? State::extension_name : refuse(Reject::bad_chunk);
    case State::extension_name:
      if (c == '=') return State::extension_value_begin;
      return is(char_token, c) ? State::extension_name : after_extension(c);
    case State::extension_value_begin:
      if (c == '"') return State::extension_quoted;
      return is(char_token, c) ? State::extension_token : refuse(Reject::bad_chunk);
    case State::extension_token:
      return is(char_token, c) ? State::extension_token : after_extension(c);
    case State::extension_quoted:
      if (is(char_control, c)) return refuse(Reject::bad_chunk);
      return c == '"' ? State::extension_quoted_end : c == '\\' ? State::extension_escape : State::extension_quoted;
    case State::extension_escape:
      return is(char_control, c) ? refuse(Reject::bad_chunk) : State::extension_quoted;
    default:
      return after_extension(c);
  }
}

BodyDecoder::State BodyDecoder::on_line_end(char c) {
  const bool want_cr = state_ == State::data_cr;
  if (c != (want_cr ? '\r' : '\n')) return refuse(Reject::bad_chunk);
  if (want_cr) return State::data_lf;
  return state_ == State::data_lf ? State::size_begin : end_of_size_line();
}

Reject BodyDecoder::size_line_error(std::uint64_t size) const {
  if (size > max_body - body_bytes_) return Reject::bad_chunk;
  return overhead_ > body_bytes_ + free_overhead ? Reject::chunk_overhead : Reject::none;
}

BodyDecoder::State BodyDecoder::end_of_size_line() {
  if (const Reject reason = size_line_error(remaining_); reason != Reject::none) return refuse(reason);
  return remaining_ == 0 ? State::trailer_begin : State::data;
}

BodyDecoder::State BodyDecoder::on_trailer(char c) {
  if (++trailer_bytes_ > max_trailer_bytes) return refuse(Reject::bad_trailer);
  if (kept_trailers_ != nullptr) kept_trailers_->push_back(c);
  switch (state_) {
    case State::trailer_begin:
      return begin_trailer(c);
    case State::trailer_name:
      if (c == ':') return State::trailer_value;
      return is(char_token, c) ? State::trailer_name : refuse(Reject::bad_trailer);
    case State::trailer_value:
      if (c == '\r') return State::trailer_lf;
      return is(char_control, c) ? refuse(Reject::bad_trailer) : State::trailer_value;
    case State::trailer_lf:
      return c == '\n' ? State::trailer_begin : refuse(Reject::bad_trailer);
    default:
      done_ = c == '\n';
      return done_ ? State::last_lf : refuse(Reject::bad_trailer);
  }
}

BodyDecoder::State BodyDecoder::begin_trailer(char c) {
  if (c == '\r') return State::last_lf;
  if (!is(char_token, c) || ++trailer_lines_ > max_trailer_lines) return refuse(Reject::bad_trailer);
  return State::trailer_name;
}

void parse_trailers(std::string_view text, FieldList& fields) {
  for (std::size_t end = text.find("\r\n"); end != 0 && end != text.npos; end = text.find("\r\n")) {
    const std::string_view name = text.substr(0, text.find(':'));
    std::string_view value = text.substr(name.size() + 1, end - name.size() - 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
    fields.add({name, value, field_id(name)});
    text.remove_prefix(end + 2);
  }
}

std::size_t write_chunk_head(char* out, std::uint64_t size) {
  std::size_t digits = 1;
  while (digits < max_size_digits && size >> (4 * digits) != 0) ++digits;
  for (std::size_t i = 0; i < digits; ++i) out[i] = "0123456789abcdef"[(size >> (4 * (digits - 1 - i))) & 15];
  out[digits] = '\r';
  out[digits + 1] = '\n';
  return digits + 2;
}

}  // namespace drishti::http
