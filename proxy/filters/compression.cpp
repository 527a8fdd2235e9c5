#include "filters/compression.hpp"

#include <algorithm>

#include "context/scratch.hpp"
#include "http/date.hpp"
#include "http/etag.hpp"
#include "http/tokens.hpp"

namespace drishti::filters {
namespace {

using conf::CodingSettings;
using conf::CompressionSettings;
using context::RequestContext;
using context::Response;
using http::ContentCoding;
using http::Field;
using http::FieldId;

bool any_has_token(const http::FieldList& fields, FieldId id, std::string_view token) {
  return fields.has(id) && std::any_of(fields.begin(), fields.end(), [&](const Field& field) {
           return field.id == id && http::has_token(field.value, token);
         });
}

/// A digest of the content would be wrong behind another coding (RFC 9530).
bool has_digest(const http::FieldList& fields) {
  static constexpr std::string_view names[] = {"content-digest", "repr-digest", "digest", "content-md5"};
  return std::any_of(std::begin(names), std::end(names), [&](std::string_view name) { return fields.find(name) != nullptr; });
}

bool forbids_transformation(const Response& response) {
  return any_has_token(response.fields, FieldId::cache_control, "no-transform") || has_digest(response.fields);
}

const CodingSettings& settings_of(ContentCoding coding, const CompressionSettings& settings) {
  switch (coding) {
    case ContentCoding::brotli: return settings.brotli;
    case ContentCoding::zstd: return settings.zstd;
    default: return settings.gzip;
  }
}

bool is_offered(const CodingSettings& settings, const Response& response, std::string_view type) {
  return *settings.on && (!response.content_length || *response.content_length >= *settings.min_length) &&
         (*settings.types)->contains(type);
}

/// nginx looks for the version behind the first "MSIE ": below 7 it cannot, but for a 6 with service pack 2.
bool is_msie6(std::string_view user_agent) {
  const std::size_t at = user_agent.find("MSIE ");
  if (at == user_agent.npos || user_agent.size() <= at + 7 || user_agent[at + 6] != '.') return false;
  const char version = user_agent[at + 5];
  return version == '4' || version == '5' || (version == '6' && user_agent.find("SV1", at + 8) == user_agent.npos);
}

bool is_disabled(const conf::GzipDisable& disabled, const RequestContext& context) {
  if (!disabled.msie6 && disabled.user_agents.empty()) return false;
  const std::string_view user_agent = context.head.fields.get(FieldId::user_agent);
  if (disabled.msie6 && is_msie6(user_agent)) return true;
  return std::any_of(disabled.user_agents.begin(), disabled.user_agents.end(),
                     [&](const conf::Regex& regex) { return regex.matches(user_agent); });
}

bool has_expired(std::string_view expires, const RequestContext& context) {
  const auto expiry = http::parse_http_date(expires);
  const std::string_view date = context.response.upstream_date;
  const auto now = date.empty() ? std::optional(context.clock->wall_ms() / 1000) : http::parse_http_date(date);
  return expiry && now && *expiry < *now;
}

/// What gzip_proxied says of an answer to a request with Via.
bool is_allowed_for_proxies(const conf::GzipProxied& allowed, const RequestContext& context) {
  if (allowed.off) return false;
  if (allowed.any || (allowed.auth && context.head.fields.has(FieldId::authorization))) return true;
  const http::FieldList& fields = context.response.fields;
  if (const Field* expires = fields.find(FieldId::expires)) return allowed.expired && has_expired(expires->value, context);
  const auto says = [&](std::string_view word) { return any_has_token(fields, FieldId::cache_control, word); };
  if (fields.has(FieldId::cache_control)) {
    return (allowed.no_cache && says("no-cache")) || (allowed.no_store && says("no-store")) ||
           (allowed.is_private && says("private"));
  }
  if (allowed.no_last_modified && fields.has(FieldId::last_modified)) return false;
  return !(allowed.no_etag && fields.has(FieldId::etag));
}

void weaken_etag(RequestContext& context) {
  for (Field& field : context.response.fields) {
    if (field.id != FieldId::etag || field.value.starts_with("W/")) continue;
    if (!field.value.starts_with('"')) {
      field = Field{};  // no tag by any rule: it is not written
      continue;
    }
    context::Scratch weak(context);
    weak.text.append("W/").append(field.value);
    field.value = weak.keep();
  }
}

void drop(FieldId id, Response& response) {
  for (Field& field : response.fields)
    if (field.id == id) field = Field{};
}

/// The body is another one of unknown length.
void change_body(RequestContext& context) {
  context.response.content_length.reset();
  drop(FieldId::accept_ranges, context.response);
  weaken_etag(context);
}

}  // namespace

bool accepts_gzip(const http::AcceptEncoding& accept, RequestContext& context) {
  const CompressionSettings& settings = context.location->compression;
  return accept.accepts(ContentCoding::gzip) && context.head.version >= *settings.gzip_http_version &&
         (!context.head.fields.has(FieldId::via) || is_allowed_for_proxies(*settings.gzip_proxied, context)) &&
         !is_disabled(*settings.gzip_disable, context);
}

bool accepts_coding(ContentCoding coding, const http::AcceptEncoding& accept, RequestContext& context) {
  if (!accept.prefers(coding)) return false;
  return coding == ContentCoding::gzip ? accepts_gzip(accept, context) : context.head.version >= 11;
}

void add_vary(RequestContext& context) {
  if (!context.location->compression.says_vary()) return;
  http::FieldList& fields = context.response.fields;
  if (any_has_token(fields, FieldId::vary, "accept-encoding") || any_has_token(fields, FieldId::vary, "*")) return;
  fields.add({"Vary", "Accept-Encoding", FieldId::vary});
}

ContentCoding choose_coding(RequestContext& context, std::span<const ContentCoding> among) {
  const CompressionSettings& settings = context.location->compression;
  const Response& response = context.response;
  const bool may_be_coded = response.status == 200 || response.status == 403 || response.status == 404;
  if (!may_be_coded || !response.fields.get(FieldId::content_encoding).empty() || forbids_transformation(response))
    return ContentCoding::identity;
  const std::string_view type = http::media_type_of(response.fields.get(FieldId::content_type));
  ContentCoding best = ContentCoding::identity;
  bool is_any_offered = false;
  const http::AcceptEncoding accept(context.head.fields);
  for (const ContentCoding coding : among) {
    if (type.empty() || !is_offered(settings_of(coding, settings), response, type)) continue;
    is_any_offered = true;
    const bool is_better = best == ContentCoding::identity || accept.weight(coding) > accept.weight(best);
    if (is_better && accepts_coding(coding, accept, context)) best = coding;
  }
  if (is_any_offered) add_vary(context);
  return best;
}

void become_coded(ContentCoding coding, RequestContext& context) {
  change_body(context);
  drop(FieldId::content_encoding, context.response);
  context.response.fields.add({"Content-Encoding", http::coding_name(coding), FieldId::content_encoding});
  context.response.coded.coding = coding;
}

bool needs_gunzip(RequestContext& context) {
  const Response& response = context.response;
  const bool has_body = response.status >= 200 && response.status != 204 && response.status != 206 && response.status != 304;
  if (!*context.location->compression.gunzip || !has_body ||
      !http::iequals(response.fields.get(FieldId::content_encoding), "gzip") || forbids_transformation(response))
    return false;
  add_vary(context);
  return !accepts_gzip(http::AcceptEncoding(context.head.fields), context);
}

void add_vary_of_codings(RequestContext& context) {
  static_cast<void>(choose_coding(context));
  static_cast<void>(needs_gunzip(context));
}

void become_decoded(RequestContext& context) {
  change_body(context);
  drop(FieldId::content_encoding, context.response);
}

void keep_weak_tag(RequestContext& context) {
  const http::FieldList& request = context.head.fields;
  const Field* tag = context.response.fields.find(FieldId::etag);
  if (tag == nullptr || !tag->value.starts_with('"') || !request.has(FieldId::if_none_match)) return;
  context::Scratch weak(context);
  weak.text.append("W/").append(tag->value);
  bool is_weak_there = false;
  for (const Field& field : request) {
    if (field.id == FieldId::if_none_match)
      http::for_each_element(field.value, [&](std::string_view one) { is_weak_there = is_weak_there || one == weak.text; });
  }
  if (is_weak_there) weaken_etag(context);
}

}  // namespace drishti::filters
