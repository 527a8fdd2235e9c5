#include "context/escape.hpp"

#include <array>
#include <cstdint>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace drishti::context {
namespace {

using Table = std::array<bool, 256>;

constexpr Table make_table(bool with_high_bytes) {
  Table table{};
  for (unsigned c = 0; c < 256; ++c) table[c] = c < 0x20 || c == '"' || c == '\\' || (with_high_bytes && c >= 0x7f);
  return table;
}
constexpr Table log_table = make_table(true);
constexpr Table json_table = make_table(false);
constexpr char hex_digits[] = "0123456789ABCDEF";

void append_hex(unsigned char byte, std::string& out) {
  out.push_back(hex_digits[byte >> 4]);
  out.push_back(hex_digits[byte & 15]);
}

void escape_log_byte(unsigned char byte, std::string& out) {
  out.append("\\x");
  append_hex(byte, out);
}

void escape_json_byte(unsigned char byte, std::string& out) {
  out.push_back('\\');
  switch (byte) {
    case '"': case '\\': out.push_back(static_cast<char>(byte)); return;
    case '\n': out.push_back('n'); return;
    case '\r': out.push_back('r'); return;
    case '\t': out.push_back('t'); return;
    case '\b': out.push_back('b'); return;
    case '\f': out.push_back('f'); return;
    default: out.append("u00"); append_hex(byte, out);
  }
}

/// Whether one of eight bytes may be special for either table. False alarms are looked up one by one.
bool may_be_special(const char* bytes) {
  constexpr std::uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
  std::uint64_t word;
  __builtin_memcpy(&word, bytes, sizeof word);
  const auto has_byte = [&](std::uint64_t byte) { return ((word ^ (ones * byte)) - ones) & ~(word ^ (ones * byte)); };
  const std::uint64_t below_space = (word - ones * 0x20) & ~word;
  return ((word | below_space | has_byte('"') | has_byte('\\') | has_byte(0x7f)) & tops) != 0;
}

/// The length of the beginning of VALUE that needs no escape.
std::size_t plain_run(std::string_view value, const Table& special) {
  std::size_t i = 0;
#if defined(__SSE2__)
  // Sixteen bytes at once; a byte that is suspicious for either table is looked up below.
  for (; i + 16 <= value.size(); i += 16) {
    __m128i bytes;
    __builtin_memcpy(&bytes, value.data() + i, sizeof bytes);
    const __m128i low_or_high = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));  // signed: 0x80 and up are negative
    const __m128i quotes = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                        _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    const __m128i odd = _mm_or_si128(_mm_or_si128(low_or_high, quotes), _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)));
    if (_mm_movemask_epi8(odd) != 0) break;
  }
#endif
  for (; i + 8 <= value.size(); i += 8) {
    if (may_be_special(value.data() + i)) break;
  }
  while (i < value.size() && !special[static_cast<unsigned char>(value[i])]) ++i;
  return i;
}

template <class EscapeByte>
void append_escaped(std::string_view value, const Table& special, EscapeByte escape_byte, std::string& out) {
  for (;;) {
    const std::size_t plain = plain_run(value, special);
    out.append(value.data(), plain);
    if (plain == value.size()) return;
    escape_byte(static_cast<unsigned char>(value[plain]), out);
    value.remove_prefix(plain + 1);
  }
}

}  // namespace

void append_log_escaped(std::string_view value, std::string& out) {
  append_escaped(value, log_table, escape_log_byte, out);
}

void append_json_escaped(std::string_view value, std::string& out) {
  append_escaped(value, json_table, escape_json_byte, out);
}

}  // namespace drishti::context
