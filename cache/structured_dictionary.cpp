#include "cache/structured_dictionary.hpp"

#include <algorithm>

#include "http/chars.hpp"

namespace drishti::cache {
namespace {

using Type = DictionaryMember::Type;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_alpha(char c) { return is_lower(http::to_lower(c)); }
bool is_key(char c) { return is_lower(c) || http::is_digit(c) || c == '_' || c == '-' || c == '.' || c == '*'; }
bool is_token_byte(char c) { return http::is(http::char_token, c) || c == ':' || c == '/'; }
bool is_base64(char c) { return is_alpha(c) || http::is_digit(c) || c == '+' || c == '/' || c == '='; }
bool is_space(char c) { return c == ' '; }
bool is_string_byte(char c) { return c >= 0x20 && c < 0x7f; }

}  // namespace

DictionaryReader::DictionaryReader(std::string_view text) : text_(text) { take_while(is_space); }

bool DictionaryReader::fail() {
  failed_ = true;
  return false;
}

bool DictionaryReader::take(char c) {
  if (text_.empty() || text_.front() != c) return false;
  text_.remove_prefix(1);
  return true;
}

std::string_view DictionaryReader::take_while(bool (*accepted)(char)) {
  const auto end = std::find_if_not(text_.begin(), text_.end(), accepted);
  const std::string_view taken = text_.substr(0, static_cast<std::size_t>(end - text_.begin()));
  text_.remove_prefix(taken.size());
  return taken;
}

bool DictionaryReader::next(DictionaryMember& member) {
  if (failed_ || text_.empty()) return false;
  member = {};
  if (!read_key(member.key)) return fail();
  if (take('=') && !read_value(member)) return fail();
  return (read_parameters() && read_separator()) || fail();
}

/// The comma and what may surround it; a trailing one is an error.
bool DictionaryReader::read_separator() {
  take_while(http::is_ows);
  if (text_.empty()) return true;
  if (!take(',')) return false;
  take_while(http::is_ows);
  return !text_.empty();
}

bool DictionaryReader::read_key(std::string_view& key) {
  if (text_.empty() || (!is_lower(text_.front()) && text_.front() != '*')) return false;
  key = take_while(is_key);
  return true;
}

bool DictionaryReader::read_value(DictionaryMember& value) {
  if (!take('(')) return read_item(value);
  value.type = Type::other;
  return read_inner_list();
}

bool DictionaryReader::read_inner_list() {
  for (;;) {
    take_while(is_space);
    if (take(')')) return true;
    DictionaryMember item;
    if (!read_item(item) || !read_parameters()) return false;
    if (text_.empty() || (text_.front() != ' ' && text_.front() != ')')) return false;
  }
}

bool DictionaryReader::read_item(DictionaryMember& value) {
  if (text_.empty()) return false;
  const char first = text_.front();
  if (http::is_digit(first) || first == '-') return read_number(value);
  if (take('"')) return read_string(value);
  if (take('?')) return read_boolean(value);
  value.type = Type::other;
  if (take(':')) return read_binary();
  if (!is_alpha(first) && first != '*') return false;
  take_while(is_token_byte);
  return true;
}

bool DictionaryReader::read_parameters() {
  while (take(';')) {
    take_while(is_space);
    std::string_view key;
    DictionaryMember ignored;
    if (!read_key(key) || (take('=') && !read_item(ignored))) return false;
  }
  return true;
}

bool DictionaryReader::read_number(DictionaryMember& value) {
  value.type = Type::integer;
  value.is_negative = take('-');
  value.text = take_while(http::is_digit);
  if (value.text.empty() || value.text.size() > 15) return false;
  if (!take('.')) return true;
  value.type = Type::other;
  const std::size_t fraction = take_while(http::is_digit).size();
  return value.text.size() <= 12 && fraction >= 1 && fraction <= 3;
}

bool DictionaryReader::read_string(DictionaryMember& value) {
  value.type = Type::string;
  std::size_t i = 0;
  for (; i < text_.size() && text_[i] != '"'; ++i) {
    if (text_[i] == '\\' && (++i == text_.size() || (text_[i] != '"' && text_[i] != '\\'))) return false;
    if (!is_string_byte(text_[i])) return false;
  }
  value.text = text_.substr(0, i);
  text_.remove_prefix(i);
  return take('"');
}

bool DictionaryReader::read_binary() {
  take_while(is_base64);
  return take(':');
}

bool DictionaryReader::read_boolean(DictionaryMember& value) {
  value.type = Type::boolean;
  value.is_true = take('1');
  return value.is_true || take('0');
}

}  // namespace drishti::cache
