#include "admin/json.hpp"

#include "metrics/utf8_text.hpp"

namespace drishti::admin {
json::string text(std::string_view text) {
  const std::string valid = metrics::utf8_text(text);
  return json::string(valid.data(), valid.size());
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
