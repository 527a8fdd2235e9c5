#include "context/escape.hpp"

#include <array>

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

template <class EscapeByte>
void append_escaped(std::string_view value, const Table& special, EscapeByte escape_byte, std::string& out) {
  std::size_t start = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto byte = static_cast<unsigned char>(value[i]);
    if (!special[byte]) continue;
    out.append(value, start, i - start);
    escape_byte(byte, out);
    start = i + 1;
  }
  out.append(value, start, value.size() - start);
}

}  // namespace

void append_log_escaped(std::string_view value, std::string& out) {
  append_escaped(value, log_table, escape_log_byte, out);
}

void append_json_escaped(std::string_view value, std::string& out) {
  append_escaped(value, json_table, escape_json_byte, out);
}

}  // namespace drishti::context
