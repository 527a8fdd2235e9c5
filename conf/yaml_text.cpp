#include "conf/yaml_text.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>

namespace drishti::conf {
namespace {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t length = 0;  ///< 0: broken UTF-8
};

unsigned byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

/// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
CodePoint decode_utf8(std::string_view text, std::size_t at) {
  const unsigned first = byte_at(text, at);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || at + length > text.size()) return {};
  std::uint32_t value = first & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const unsigned next = byte_at(text, at + i);
    if ((next & 0xC0u) != 0x80u) return {};
    value = value << 6 | (next & 0x3Fu);
  }
  constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < smallest[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
  return {value, length};
}

bool is_control(std::uint32_t c) { return c < 0x20 || (c >= 0x7F && c < 0xA0); }

/// What editors and other readers treat as a line end, a mark or nothing at all is written as an escape.
bool needs_escape(std::uint32_t c) {
  return is_control(c) || c == 0x2028 || c == 0x2029 || c == 0xFEFF || c == 0xFFFE || c == 0xFFFF;
}

enum class Style { plain, single_quoted, double_quoted, binary };

bool is_plain(std::string_view text) {
  if (text.empty() || is_null_word(text) || text == "true" || text == "<<") return false;
  if (std::string_view("-?:,[]{}#&*!|>'\"%@`= ").find(text.front()) != std::string_view::npos) return false;
  if (text.back() == ' ' || text.back() == ':' || text.starts_with("...")) return false;
  return text.find(": ") == std::string_view::npos && text.find(" #") == std::string_view::npos;
}

Style style_of(std::string_view text, bool force_quotes) {
  bool escapes = false;
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint c = decode_utf8(text, i);
    if (c.length == 0) return Style::binary;
    escapes = escapes || needs_escape(c.value);
    i += c.length;
  }
  if (escapes) return Style::double_quoted;
  return is_plain(text) && !force_quotes ? Style::plain : Style::single_quoted;
}

std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

void append_escape(std::string& out, std::uint32_t c) {
  char escape[8];
  std::snprintf(escape, sizeof escape, c < 0x100 ? "\\x%02X" : "\\u%04X", c);
  out += escape;
}

std::string double_quoted(std::string_view text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint c = decode_utf8(text, i);
    if (c.value == '"' || c.value == '\\') {
      out += '\\';
      out += text[i];
    } else if (c.value == '\n' || c.value == '\t') {
      out += c.value == '\n' ? "\\n" : "\\t";
    } else if (needs_escape(c.value)) {
      append_escape(out, c.value);
    } else {
      out += text.substr(i, c.length);
    }
    i += c.length;
  }
  return out + "\"";
}

constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

bool is_null_word(std::string_view text) {
  return text == "~" || text == "null" || text == "Null" || text == "NULL";
}

bool is_printable_yaml(std::string_view text) {
  const Style style = style_of(text, true);
  return style != Style::double_quoted && style != Style::binary;
}

std::size_t find_non_yaml(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint c = decode_utf8(text, i);
    const bool blank = c.value == '\t' || c.value == '\n' || c.value == '\r' || c.value == 0x85;
    if (c.length == 0 || (is_control(c.value) && !blank)) return i;
    i += c.length;
  }
  return std::string_view::npos;
}

std::string encode_base64(std::string_view bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = byte_at(bytes, i) << 16;
    if (n > 1) group |= byte_at(bytes, i + 1) << 8;
    if (n > 2) group |= byte_at(bytes, i + 2);
    for (std::size_t digit = 0; digit < 4; ++digit) {
      out += digit <= n ? base64_digits[group >> (18 - 6 * digit) & 63u] : '=';
    }
  }
  return out;
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::string digits;
  for (char c : text) {
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') digits += c;
  }
  if (digits.size() % 4 != 0) return std::nullopt;
  while (digits.ends_with('=')) digits.pop_back();
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (char c : digits) {
    const std::size_t value = base64_digits.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xFFu);
  }
  return out;
}

std::string yaml_scalar(std::string_view text, bool force_quotes) {
  switch (style_of(text, force_quotes)) {
    case Style::plain: return std::string(text);
    case Style::single_quoted: return single_quoted(text);
    case Style::double_quoted: return double_quoted(text);
    case Style::binary: return "!!binary " + encode_base64(text);
  }
  return {};
}

}  // namespace drishti::conf
