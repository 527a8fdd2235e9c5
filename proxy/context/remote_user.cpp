#include <cstdint>

#include "context/lookup.hpp"

namespace drishti::context {
namespace {

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

/// Decodes RFC 4648 4 into `out` (3/4 of the size); the decoded size, or -1.
std::ptrdiff_t decode_base64(std::string_view text, char* out) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::uint32_t bits = 0;
  int count = 0;
  char* end = out;
  for (const char c : text) {
    const int value = base64_value(c);
    if (value < 0) return -1;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    *end++ = static_cast<char>((bits >> count) & 0xff);
  }
  return end - out;
}

}  // namespace

Found remote_user(RequestContext& context) {
  const http::Field* field = context.head.fields.find(http::FieldId::authorization);
  if (field == nullptr || field->value.size() < 6 || !http::iequals(field->value.substr(0, 6), "Basic ")) return {};
  std::string_view encoded = field->value.substr(6);
  while (encoded.starts_with(' ')) encoded.remove_prefix(1);
  if (encoded.empty()) return {};
  char* decoded = context.arena.allocate(encoded.size());
  const std::ptrdiff_t size = decode_base64(encoded, decoded);
  if (size < 0) return {};
  const std::string_view credentials(decoded, static_cast<std::size_t>(size));
  const std::size_t colon = credentials.find(':');
  if (colon == credentials.npos) return {};
  return credentials.substr(0, colon);
}

}  // namespace drishti::context
