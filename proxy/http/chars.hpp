#pragma once
// Character classes of RFC 9110/3986 as one table lookup, and wide scans over them.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace drishti::http {

enum CharClass : std::uint8_t {
  char_token = 1,          ///< tchar, RFC 9110 5.6.2
  char_plain_name = 2,     ///< a field name byte that nginx calls valid: letters, digits, `-`
  char_host = 4,           ///< reg-name without `%`, `,` and `.`: unreserved, sub-delims
  char_uri_end = 8,        ///< ends a run in a request target: SP, CTL, DEL, `#`, 0x80 and up
  char_control = 16,       ///< CTL but HTAB, and DEL: never inside a line
  char_path_break = 32,    ///< needs a look while a path is normalised: `%`, `/`, `?`, `#`, NUL, CR, LF
  char_escape_uri = 64,    ///< percent-encoded in a path
  char_escape_args = 128,  ///< percent-encoded in arguments
};

namespace detail {

constexpr bool contains(std::string_view set, unsigned char c) { return set.find(static_cast<char>(c)) != set.npos; }
constexpr bool alnum(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr std::uint8_t classes_of(unsigned char c) {
  const bool control = c < 0x20 || c == 0x7f;
  const bool never_in_uri = c <= 0x20 || c >= 0x7f;
  std::uint8_t bits = 0;
  if (alnum(c) || contains("!#$%&'*+-.^_`|~", c)) bits |= char_token;
  if (alnum(c) || c == '-') bits |= char_plain_name;
  if (alnum(c) || contains("-_~!$&'()*+;=", c)) bits |= char_host;
  if (never_in_uri || c == '#') bits |= char_uri_end;
  if (control && c != '\t') bits |= char_control;
  if (contains("%/?#\r\n", c) || c == 0) bits |= char_path_break;
  // The set of nginx 1.21.1 and later for a changed URI.
  if (never_in_uri || contains("\"#%<>?\\^`{|}", c)) bits |= char_escape_uri | char_escape_args;
  if (contains("&+;", c)) bits |= char_escape_args;
  return bits;
}

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> table{};
  for (unsigned c = 0; c < 256; ++c) table[c] = classes_of(static_cast<unsigned char>(c));
  return table;
}
inline constexpr std::array<std::uint8_t, 256> char_classes = make_classes();

}  // namespace detail

constexpr bool is(CharClass which, char c) {
  return (detail::char_classes[static_cast<unsigned char>(c)] & which) != 0;
}
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_ows(char c) { return c == ' ' || c == '\t'; }
constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

constexpr bool is_all(CharClass which, std::string_view text) {
  for (const char c : text) {
    if (!is(which, c)) return false;
  }
  return true;
}
constexpr bool is_token(std::string_view text) { return !text.empty() && is_all(char_token, text); }

/// The value of a hexadecimal digit, or -1.
constexpr int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// Without SP and HTAB at both ends (OWS, RFC 9110 5.6.3).
constexpr std::string_view trim_ows(std::string_view text) {
  while (!text.empty() && is_ows(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_ows(text.back())) text.remove_suffix(1);
  return text;
}

namespace detail {
inline const char* find_class(CharClass which, const char* begin, const char* end) {
  while (begin != end && !is(which, *begin)) ++begin;
  return begin;
}
#if defined(__SSE2__)
inline __m128i load16(const char* from) {
  __m128i bytes;
  __builtin_memcpy(&bytes, from, sizeof bytes);
  return bytes;
}
inline unsigned control_mask(__m128i bytes) {
  const __m128i below_space = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
  const __m128i not_tab = _mm_andnot_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t')), below_space);
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(not_tab, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)))));
}
inline unsigned uri_end_mask(__m128i bytes) {
  const __m128i low_or_high = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x21));  // signed: 0x80 and up are negative
  const __m128i others =
      _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('#')));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(low_or_high, others)));
}
inline unsigned not_plain_name_mask(__m128i bytes) {
  const auto within = [](__m128i where, char first, char count) {  // unsigned: first <= byte < first + count
    const __m128i distance = _mm_sub_epi8(where, _mm_set1_epi8(first));
    return _mm_cmpeq_epi8(_mm_min_epu8(distance, _mm_set1_epi8(static_cast<char>(count - 1))), distance);
  };
  const __m128i letters = within(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 26);
  const __m128i digits_or_dash = _mm_or_si128(within(bytes, '0', 10), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('-')));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(letters, digits_or_dash))) ^ 0xffffU;
}
/// Of 16 bytes, with the one behind them looked at: `/` counts only before `/` or `.`.
inline unsigned path_break_mask(const char* from) {
  const __m128i bytes = load16(from), next = load16(from + 1);
  const auto equal = [](__m128i where, char c) { return _mm_cmpeq_epi8(where, _mm_set1_epi8(c)); };
  const __m128i slash = _mm_and_si128(equal(bytes, '/'), _mm_or_si128(equal(next, '/'), equal(next, '.')));
  const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8('\r')), bytes);
  const __m128i others = _mm_or_si128(_mm_or_si128(equal(bytes, '%'), equal(bytes, '?')), equal(bytes, '#'));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(slash, control), others)));
}
#endif
}  // namespace detail

/// The first byte of class char_control, or `end`.
inline const char* find_control(const char* begin, const char* end) {
#if defined(__SSE2__)
  for (; end - begin >= 16; begin += 16) {
    if (const unsigned mask = detail::control_mask(detail::load16(begin))) return begin + __builtin_ctz(mask);
  }
#endif
  return detail::find_class(char_control, begin, end);
}

/// The first byte not of class char_plain_name, or `end`.
inline const char* find_not_plain_name(const char* begin, const char* end) {
#if defined(__SSE2__)
  for (; end - begin >= 16; begin += 16) {
    if (const unsigned mask = detail::not_plain_name_mask(detail::load16(begin))) return begin + __builtin_ctz(mask);
  }
#endif
  while (begin != end && is(char_plain_name, *begin)) ++begin;
  return begin;
}

/// The first byte that may be a reason to change a path: of class char_path_break, or another control.
inline const char* find_path_break(const char* begin, const char* end) {
#if defined(__SSE2__)
  while (end - begin >= 17) {
    if (const unsigned mask = detail::path_break_mask(begin)) return begin + __builtin_ctz(mask);
    if (end - begin == 17) return detail::find_class(char_path_break, end - 1, end);
    begin = end - begin >= 33 ? begin + 16 : end - 17;  // the last block overlaps the one before
  }
#endif
  return detail::find_class(char_path_break, begin, end);
}

/// The first byte of class char_uri_end, or `end`.
inline const char* find_uri_end(const char* begin, const char* end) {
#if defined(__SSE2__)
  for (; end - begin >= 16; begin += 16) {
    if (const unsigned mask = detail::uri_end_mask(detail::load16(begin))) return begin + __builtin_ctz(mask);
  }
#endif
  return detail::find_class(char_uri_end, begin, end);
}

}  // namespace drishti::http
