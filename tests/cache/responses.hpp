#pragma once
// Stored responses for tests.

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cache/stored_response.hpp"
#include "http/field.hpp"

namespace drishti::cache::testing {

inline http::FieldList fields_of(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs) {
  http::FieldList list;
  for (const auto& [name, value] : pairs) list.add({name, value, http::field_id(name)});
  return list;
}

inline std::vector<BodyBlock> blocks_of(std::initializer_list<std::string> texts) {
  std::vector<BodyBlock> blocks;
  for (const std::string& text : texts) blocks.push_back(std::make_shared<const std::string>(text));
  return blocks;
}

/// 200 with BODY under KEY.
inline StoredResponsePtr response_for(std::string_view key, std::string_view body = "", std::uint64_t token = 0) {
  ResponseParts parts;
  parts.key = key;
  parts.status = 200;
  parts.reason = "OK";
  parts.token = token;
  return StoredResponse::make_from_text(parts, body);
}

inline std::string body_of(const StoredResponse& response) {
  std::string body;
  for (std::size_t i = 0; i < response.piece_count(); ++i) body += response.piece(i);
  return body;
}

/// All that can be seen of RESPONSE, for comparison.
inline std::string describe(const StoredResponse& response) {
  std::string text;
  const auto add = [&](std::string_view name, std::string_view value) {
    text.append(name).append("=").append(value).append("\n");
  };
  const auto number = [&](std::string_view name, auto value) { add(name, std::to_string(value)); };
  add("key", response.key());
  add("url", response.url());
  number("status", response.status());
  add("reason", response.reason());
  add("vary", response.vary());
  for (const std::string_view tag : response.tags()) add("tag", tag);
  http::FieldList fields;
  response.add_fields_to(fields);
  for (const http::Field& field : fields) {
    number("id", static_cast<int>(field.id));
    add(field.name, field.value);
  }
  const Freshness& fresh = response.freshness();
  for (const std::int64_t time : {fresh.response_at, fresh.initial_age, fresh.lifetime, fresh.stale_while_revalidate,
                                  fresh.stale_if_error})
    number("time", time);
  number("flags", fresh.must_revalidate * 4 + fresh.always_validate * 2 + fresh.has_validator);
  number("token", response.token());
  number("ban", response.ban_number());
  add("body", body_of(response));
  return text;
}

/// A response of which no part is empty, and its views' text.
struct SampleResponse {
  http::FieldList fields = fields_of({{"Content-Type", "text/html"}, {"Set-Cookie", "a=1"}, {"X-Own", ""}, {"Set-Cookie", "b=2"},
                                      {"ETag", "\"x\""}});
  std::vector<std::string_view> tags{"news", "item-42"};
  ResponseParts parts;

  SampleResponse() {
    parts.key = "4:http26:http://example.org:80/a?b=c";
    parts.url = "http://example.org:80/a?b=c";
    parts.status = 404;
    parts.reason = "Not Found";
    parts.fields = &fields;
    parts.tags = tags;
    parts.freshness = {.response_at = 1700000000123, .initial_age = 5000, .lifetime = 60000,
                       .stale_while_revalidate = 10000, .stale_if_error = -1, .must_revalidate = true,
                       .always_validate = false, .has_validator = true};
    parts.token = 0xfedcba9876543210;
    parts.ban_number = 99;
  }
  SampleResponse(const SampleResponse&) = delete;
  SampleResponse& operator=(const SampleResponse&) = delete;
};

}  // namespace drishti::cache::testing
