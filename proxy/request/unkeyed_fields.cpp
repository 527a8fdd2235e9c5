#include "request/unkeyed_fields.hpp"

#include <algorithm>

#include "http/tokens.hpp"

namespace drishti::request {
namespace {

constexpr std::string_view names[] = {
    "forwarded",        "x-forwarded-host",  "x-forwarded-port", "x-forwarded-prefix", "x-forwarded-proto",
    "x-forwarded-scheme", "x-forwarded-server", "x-host",        "x-http-method",      "x-http-method-override",
    "x-method-override", "x-original-host",   "x-original-url",  "x-rewrite-url",      "x-url-scheme"};

/// The upstream gets what the client wrote, not what the configuration says.
bool is_passed_on(std::string_view name, const conf::ProxySettings& proxy) {
  const auto& written = *proxy.set_headers;
  return *proxy.pass_request_headers &&
         std::none_of(written.begin(), written.end(), [&](const conf::SetHeader& header) { return http::iequals(header.name, name); });
}

bool is_told_apart(std::string_view name, const cache::StoredResponse* marker) {
  bool is_named = false;
  if (marker != nullptr) http::for_each_element(marker->vary(), [&](std::string_view other) { is_named = is_named || other == name; });
  return is_named;
}

}  // namespace

http::FieldList selecting_fields(const http::FieldList& response, const cache::StoredResponse* marker,
                                 const context::RequestContext& context) {
  http::FieldList fields;
  for (const http::Field& field : response)
    if (field.id == http::FieldId::vary) fields.add(field);
  const conf::CacheSettings& settings = context.location->cache;
  if (settings.key->has_value() || *settings.format == conf::CacheFormat::middleware) return fields;
  for (const std::string_view name : names) {
    const bool counts = context.head.fields.find(name) != nullptr || is_told_apart(name, marker);
    if (counts && is_passed_on(name, context.location->proxy)) fields.add({"Vary", name, http::FieldId::vary});
  }
  return fields;
}

}  // namespace drishti::request
