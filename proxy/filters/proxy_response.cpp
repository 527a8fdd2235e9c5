#include "filters/proxy_response.hpp"

#include <charconv>
#include <utility>

#include "context/number_text.hpp"
#include "filters/upstream_rewrites.hpp"
#include "http/hop_by_hop.hpp"
#include "http/tokens.hpp"
#include "http/uri.hpp"

namespace drishti::filters {
namespace {

using context::RequestContext;
using http::Field;
using http::FieldId;

bool contains_name(const std::vector<std::string>& lower_case_names, std::string_view name) {
  for (const std::string& other : lower_case_names) {
    if (other.size() == name.size() && http::iequals(other, name)) return true;
  }
  return false;
}

/// Date, Server, X-Pad and X-Accel-* stay behind unless proxy_pass_header lets them through.
constexpr bool is_hidden_by_default(FieldId id) {
  switch (id) {
    case FieldId::date: case FieldId::server: case FieldId::x_pad: case FieldId::x_accel_buffering:
    case FieldId::x_accel_charset: case FieldId::x_accel_expires: case FieldId::x_accel_limit_rate:
    case FieldId::x_accel_redirect:
      return true;
    default: return false;
  }
}

bool is_hidden(const Field& field, const conf::ProxySettings& proxy) {
  if (is_hidden_by_default(field.id)) return !contains_name(*proxy.pass_headers, field.name);
  return !proxy.hide_headers->empty() && contains_name(*proxy.hide_headers, field.name) &&
         !contains_name(*proxy.pass_headers, field.name);
}

/// What an X-Accel-Redirect answer hands on to the internal one.
bool survives_redirect(const Field& field) {
  switch (field.id) {
    case FieldId::content_type: case FieldId::set_cookie: case FieldId::cache_control: case FieldId::expires:
    case FieldId::accept_ranges:
      return true;
    default: return http::iequals(field.name, "content-disposition");
  }
}

/// The values that the client sees of the ones that proxy_redirect and proxy_cookie_* may change.
std::string_view rewritten_value(const Field& field, RequestContext& context) {
  switch (field.id) {
    case FieldId::location: return rewrite_location(field.value, context);
    case FieldId::refresh: return rewrite_refresh(field.value, context);
    case FieldId::set_cookie: return rewrite_cookie(field.value, context);
    default: return field.value;
  }
}

/// There is one only: the last, as in nginx. An empty one says nothing.
void take_content_type(const Field& field, context::Response& response) {
  for (Field& other : response.fields) {
    if (other.id == FieldId::content_type) other = Field{};
  }
  if (!field.value.empty()) response.fields.add(field);
}

void take_field(const Field& field, RequestContext& context) {
  context::Response& response = context.response;
  switch (field.id) {
    case FieldId::date: response.upstream_date = field.value; return;
    case FieldId::server: response.upstream_server = field.value; return;
    case FieldId::content_type: take_content_type(field, response); return;
    default: response.fields.add({field.name, rewritten_value(field, context), field.id});
  }
}

void take_fields(const http::ResponseHead& head, bool is_redirect, RequestContext& context) {
  const conf::ProxySettings& proxy = context.location->proxy;
  const http::ConnectionNames hop_names(head.fields);
  for (const Field& field : head.fields) {
    if (head.status == 101 && field.id == FieldId::upgrade) {
      context.response.fields.add(field);
      continue;
    }
    if (http::is_hop_by_hop(field.id) || field.id == FieldId::content_length) continue;
    if (is_hidden(field, proxy) || hop_names.lists(field)) continue;
    if (!is_redirect || survives_redirect(field)) take_field(field, context);
  }
}

std::optional<std::uint64_t> parse_length(std::string_view text) {
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return length;
}

/// Of a body, or of the body that a HEAD or a 304 describes (RFC 9110 8.6).
std::optional<std::uint64_t> content_length(const http::ResponseHead& head, const RequestContext& context) {
  if (head.body.kind == http::BodyKind::length) return head.body.length;
  const bool describes_a_body = context.method == http::Method::head || head.status == 304;
  if (head.body.kind != http::BodyKind::none || !describes_a_body || head.status == 204) return std::nullopt;
  return parse_length(head.fields.get(FieldId::content_length));
}

std::optional<bool> yes_or_no(std::string_view text) {
  if (http::iequals(text, "yes")) return true;
  if (http::iequals(text, "no")) return false;
  return std::nullopt;
}

UpstreamAdvice read_advice(const http::ResponseHead& head, const conf::IgnoreHeaders& ignore) {
  UpstreamAdvice advice;
  const std::string_view redirect = head.fields.get(FieldId::x_accel_redirect);
  if (!ignore.redirect && !redirect.empty()) advice.redirect = redirect;
  // Events are worth nothing late. A server that wants them buffered can say so.
  if (http::iequals(http::media_type_of(head.fields.get(FieldId::content_type)), "text/event-stream"))
    advice.buffering = false;
  const auto asked = yes_or_no(head.fields.get(FieldId::x_accel_buffering));
  if (!ignore.buffering && asked) advice.buffering = asked;
  if (!ignore.limit_rate) advice.limit_rate = parse_length(head.fields.get(FieldId::x_accel_limit_rate));
  return advice;
}

/// Of the fields that an X-Accel-Redirect kept, those that the new head has, too, give way; cookies add up.
void drop_replaced_fields(const http::ResponseHead& head, context::Response& response) {
  if (!response.keep_fields) return response.reset();
  const http::FieldList kept = std::exchange(response.fields, {});
  response.reset();
  for (const Field& field : kept) {
    const bool is_replaced = field.id != FieldId::set_cookie && head.fields.find(field.name) != nullptr;
    if (!is_replaced) response.fields.add(field);
  }
}

}  // namespace

void keep_challenge(const http::ResponseHead& head, RequestContext& context) {
  if (head.status != 401) return;
  context.response.reset();
  for (const Field& field : head.fields) {
    if (!http::iequals(field.name, "www-authenticate")) continue;
    context.response.fields.add({"WWW-Authenticate", context.arena.copy(field.value), field.id});
    context.response.keep_fields = true;
  }
}

UpstreamAdvice take_upstream_head(const http::ResponseHead& head, RequestContext& context) {
  const UpstreamAdvice advice = read_advice(head, *context.location->proxy.ignore_headers);
  context::Response& response = context.response;
  drop_replaced_fields(head, response);
  take_fields(head, advice.redirect.has_value(), context);
  if (advice.redirect) {
    response.keep_fields = true;
    return advice;
  }
  response.status = head.status;
  response.reason = head.reason;
  response.from_upstream = true;
  response.content_length = content_length(head, context);
  return advice;
}

bool take_accel_target(std::string_view redirect, RequestContext& context) {
  redirect = context.arena.copy(redirect);  // the upstream's head goes away
  http::NormalizedTarget target;
  char* storage = context.arena.allocate(redirect.size() + 1);
  if (http::normalize_target(redirect, context.server->merge_slashes, storage, target) != http::UriError::none) {
    return false;
  }
  context.uri = target.path;
  context.args = target.args;
  if (context.method != http::Method::head) {
    context.method = http::Method::get;
    context.method_text = "GET";
  }
  return true;
}

}  // namespace drishti::filters
