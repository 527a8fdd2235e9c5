#include "admin/json.hpp"

namespace drishti::admin {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

unsigned byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

/// The length of the character at AT, 0 when it is broken. RFC 3629: no overlong forms, no surrogates.
std::size_t character_length(std::string_view text, std::size_t at) {
  const unsigned first = byte_at(text, at);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte_at(text, at + i) & 0xC0U) != 0x80U) return 0;
  const unsigned second = byte_at(text, at + 1);
  const bool is_bad = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                      (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return is_bad ? 0 : length;
}

}  // namespace

json::string text(std::string_view text) {
  json::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = character_length(text, i);
    if (length == 0) {
      result.append(json::string_view(replacement.data(), replacement.size()));
      ++i;
    } else {
      result.append(json::string_view(text.data() + i, length));
      i += length;
    }
  }
  return result;
}

json::value seconds_since_1970(std::int64_t ms) {
  if (ms == 0) return nullptr;
  return static_cast<double>(ms) / 1000;
}

Response json_response(const json::value& value, int status) {
  return {status, "application/json", json::serialize(value) + "\n"};
}

Response error_response(int status, std::string_view reason) {
  return json_response(json::object{{"error", text(reason)}, {"status", status}}, status);
}

Body Body::parse(std::string_view text) {
  json::parse_options options;
  options.max_depth = 2;
  json::error_code error;
  json::value value = json::parse(json::string_view(text.data(), text.size()), error, {}, options);
  if (error) return {{}, "the body is no JSON: " + error.message()};
  if (!value.is_object()) return {{}, "the body has to be a JSON object"};
  return {std::move(value.as_object()), {}};
}

std::string Body::string(std::string_view name) const {
  const json::value* member = object.if_contains(json::string_view(name.data(), name.size()));
  if (member == nullptr || !member->is_string()) return {};
  return std::string(member->as_string());
}

std::optional<std::int64_t> Body::number(std::string_view name) const {
  const json::value* member = object.if_contains(json::string_view(name.data(), name.size()));
  if (member == nullptr || !member->is_int64()) return std::nullopt;
  return member->as_int64();
}

}  // namespace drishti::admin
