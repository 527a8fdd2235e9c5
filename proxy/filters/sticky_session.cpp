#include "filters/sticky_session.hpp"

#include "context/number_text.hpp"
#include "context/scratch.hpp"
#include "context/variables.hpp"
#include "filters/generated_text.hpp"
#include "http/date.hpp"
#include "http/uri.hpp"

namespace drishti::filters {
namespace {

using conf::StickySettings;
using context::RequestContext;
using http::FieldId;

std::string_view cookie_of_client(std::string_view name, const RequestContext& context) {
  for (const http::Field& field : context.head.fields) {
    if (field.id != FieldId::cookie) continue;
    const std::string_view value = http::find_cookie(field.value, name);
    if (!value.empty()) return value;
  }
  return {};
}

std::string_view first_route(const StickySettings& sticky, RequestContext& context) {
  for (const conf::Template& route : sticky.routes) {
    const std::string_view value = context::evaluate(route, context);
    if (!value.empty()) return context.arena.copy(value);
  }
  return {};
}

void append_attribute(std::string_view name, const conf::Template& value, RequestContext& context, std::string& out) {
  if (value.empty()) return;
  const std::string_view text = context::evaluate(value, context);
  if (text.empty() || !is_safe_value(text) || text.find(';') != text.npos) return;
  out.append("; ").append(name).append("=").append(text);
}

void append_expiry(const StickySettings& sticky, const RequestContext& context, std::string& out) {
  if (sticky.never_expires) out.append("; expires=Thu, 31 Dec 2037 23:55:55 GMT; max-age=315360000");
  if (!sticky.expires) return;
  const std::int64_t end = context.clock->wall_ms() / 1000 + sticky.expires->count();
  out.append("; expires=").append(http::http_date(end)).append("; max-age=");
  context::append_number(sticky.expires->count(), out);
}

}  // namespace

std::string_view sticky_server(const StickySettings& sticky, RequestContext& context) {
  switch (sticky.kind) {
    case StickySettings::Kind::cookie: return cookie_of_client(sticky.cookie, context);
    case StickySettings::Kind::route: return first_route(sticky, context);
    case StickySettings::Kind::none: break;
  }
  return {};
}

void add_sticky_cookie(const StickySettings& sticky, std::string_view server, std::string_view asked,
                       RequestContext& context) {
  if (sticky.kind != StickySettings::Kind::cookie || server.empty()) return;
  if (server == asked && !sticky.expires) return;
  context::Scratch cookie(context);
  cookie.text.append(sticky.cookie).append("=").append(server);
  append_expiry(sticky, context, cookie.text);
  append_attribute("domain", sticky.domain, context, cookie.text);
  append_attribute("path", sticky.path, context, cookie.text);
  append_attribute("samesite", sticky.same_site, context, cookie.text);
  if (sticky.secure) cookie.text.append("; secure");
  if (sticky.http_only) cookie.text.append("; httponly");
  context.response.fields.add({"Set-Cookie", cookie.keep(), FieldId::set_cookie});
}

}  // namespace drishti::filters
