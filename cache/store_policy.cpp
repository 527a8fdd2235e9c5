#include "cache/store_policy.hpp"

#include <algorithm>
#include <string>

#include "cache/cache_control.hpp"
#include "cache/lifetime.hpp"
#include "cache/vary.hpp"
#include "http/date.hpp"
#include "http/etag.hpp"
#include "http/hop_by_hop.hpp"

namespace drishti::cache {
namespace {

using http::FieldId;

constexpr std::int64_t second = 1000;

/// RFC 9110 15.1, without 206, which is never stored.
constexpr bool is_heuristically_cacheable(int status) {
  switch (status) {
    case 200: case 203: case 204: case 300: case 301: case 308: case 404: case 405: case 410: case 414: case 501:
      return true;
    default: return false;
  }
}

/// What is stored when the response says how long. Other errors are often the answer to one bad request (a header too
/// large, a Range that fits nothing) and would be served to all: they need a proxy_cache_valid (threat C09).
constexpr bool is_storable_as_said(int status) {
  return is_heuristically_cacheable(status) || status == 302 || status == 303 || status == 307;
}

/// All that one decision looks at.
struct Case {
  const Exchange& exchange;
  const StoreRules& rules;
  const http::FieldList& fields;  ///< of the response, or merged with those of a 304
  int status;
  CacheControl control;
  IgnoredFields ignore;  ///< with Expires, when there is a targeted field (RFC 9213 2.2)
  AccelExpires accel;
};

StoreRefusal refuse_request(const Exchange& exchange, const StoreRules& rules) {
  const bool can_be_stored = exchange.method == http::Method::get || (exchange.method == http::Method::post && rules.post);
  if (!can_be_stored) return StoreRefusal::method;
  const bool is_refused = rules.honour_request_directives && request_cache_control(*exchange.request).no_store;
  return is_refused ? StoreRefusal::request_no_store : StoreRefusal::none;
}

// 425 is about the connection that a request came on (RFC 8470 5.2).
StoreRefusal refuse_status(int status) {
  if (status == 425) return StoreRefusal::status;
  if (status == 206) return StoreRefusal::partial;
  return status < 200 || status == 304 ? StoreRefusal::status : StoreRefusal::none;
}

/// X-Accel-Expires is said to this proxy alone and goes before what Cache-Control says to all, as in nginx.
StoreRefusal refuse_directives(const Case& c) {
  if (c.accel.said) return c.accel.refuses ? StoreRefusal::accel_expires : StoreRefusal::none;
  if (c.control.is_private) return StoreRefusal::is_private;
  if (c.control.must_understand) {
    return is_storable_as_said(c.status) ? StoreRefusal::none : StoreRefusal::not_understood;
  }
  return c.control.no_store ? StoreRefusal::no_store : StoreRefusal::none;
}

/// RFC 9111 3.5.
bool is_somebodys(const Case& c) {
  if (c.rules.key_has_authorization || !c.exchange.request->has(FieldId::authorization)) return false;
  return !c.control.is_public && !c.control.must_revalidate && c.control.s_maxage == CacheControl::not_said;
}

bool names_field(const CacheControl& control, std::string_view name) {
  return control.no_cache_fields.contains(name) || control.private_fields.contains(name);
}

bool sets_cookie(const Case& c) {
  return !c.rules.ignore.set_cookie && c.fields.has(FieldId::set_cookie) && !names_field(c.control, "set-cookie");
}

bool has_unusable_vary(const Case& c) {
  if (c.rules.ignore.vary || !c.fields.has(FieldId::vary)) return false;
  std::string names;
  return vary_names(c.fields, names) == VaryKind::unusable;
}

StoreRefusal refuse_response(const Case& c) {
  if (const StoreRefusal refusal = refuse_status(c.status); refusal != StoreRefusal::none) return refusal;
  if (const StoreRefusal refusal = refuse_directives(c); refusal != StoreRefusal::none) return refusal;
  if (has_unusable_vary(c)) return StoreRefusal::vary;
  return is_somebodys(c) ? StoreRefusal::authorization : StoreRefusal::none;
}

/// From response_at on; what nginx's own words give does not count the age that the response came with.
std::optional<std::int64_t> lifetime_of(const Case& c, std::int64_t age) {
  const std::int64_t response_at = c.exchange.response_at;
  const auto valid = valid_time(c.status, c.rules.valid);
  const bool may_say = valid || is_storable_as_said(c.status);
  if (c.accel.said) return age + c.accel.from_now;
  const auto said = said_lifetime(c.fields, c.control, c.ignore, response_at);
  if (said) return may_say ? said : std::nullopt;
  if (valid) return *valid > 0 ? std::optional(age + *valid) : std::nullopt;
  if (c.control.no_cache && may_say) return 0;
  if (!c.rules.heuristic || !is_heuristically_cacheable(c.status)) return std::nullopt;
  return heuristic_lifetime(c.fields, response_at, c.rules.heuristic_cap);
}

bool has_validator(const http::FieldList& fields) {
  return http::is_etag(fields.get(FieldId::etag)) || http::parse_http_date(fields.get(FieldId::last_modified));
}

std::int64_t milliseconds(std::int64_t seconds) { return seconds == CacheControl::not_said ? -1 : seconds * second; }

Freshness freshness_of(const Case& c, std::int64_t age, std::int64_t lifetime) {
  Freshness freshness;
  freshness.response_at = c.exchange.response_at;
  freshness.initial_age = age;
  freshness.lifetime = lifetime;
  freshness.stale_while_revalidate = milliseconds(c.control.stale_while_revalidate);
  freshness.stale_if_error = milliseconds(c.control.stale_if_error);
  freshness.must_revalidate = c.control.must_revalidate || c.control.proxy_revalidate;
  freshness.shared_lifetime = !c.accel.said && c.control.s_maxage != CacheControl::not_said;
  freshness.always_validate = !c.accel.said && c.control.no_cache;
  freshness.has_validator = has_validator(c.fields);
  freshness.immutable = c.control.immutable;
  return freshness;
}

/// How long anything can be done with it; 0: nothing.
std::int64_t use_of(const Freshness& freshness, const StoreRules& rules) {
  const std::int64_t fresh = freshness.always_validate ? 0 : freshness.lifetime - freshness.initial_age;
  const bool never_stale = freshness.must_revalidate || freshness.always_validate;
  const std::int64_t said =
      never_stale ? 0 : std::max({freshness.stale_while_revalidate, freshness.stale_if_error, std::int64_t{0}});
  const bool can_be_validated = freshness.has_validator && rules.revalidate;
  if (fresh + said <= 0 && !can_be_validated) return 0;
  const bool is_kept = can_be_validated || (rules.use_stale && !never_stale);
  return std::max(fresh + said, std::max<std::int64_t>(fresh, 0) + (is_kept ? rules.keep_stale : 0));
}

StoreDecision refused(StoreRefusal refusal) { return {.refusal = refusal, .freshness = {}, .keep = 0}; }

StoreDecision decide(const Case& c) {
  const std::int64_t age = initial_age(c.exchange, c.exchange.response->fields);
  const auto lifetime = lifetime_of(c, age);
  if (!lifetime) return refused(is_storable_as_said(c.status) ? StoreRefusal::no_lifetime : StoreRefusal::status);
  StoreDecision decision{StoreRefusal::none, freshness_of(c, age, *lifetime), 0};
  decision.keep = use_of(decision.freshness, c.rules);
  return decision.keep > 0 ? decision : refused(StoreRefusal::no_lifetime);
}

/// What the response says to this cache; true when it is a targeted field that says it.
bool read_control(const http::FieldList& fields, const StoreRules& rules, CacheControl& control) {
  if (rules.ignore.cache_control) return false;
  if (read_targeted(fields, rules.targeted, control)) return true;
  control = cache_control_of(fields);
  return false;
}

Case make_case(const Exchange& exchange, const StoreRules& rules, const http::FieldList& fields, int status) {
  Case c{exchange, rules, fields, status, {}, rules.ignore, {}};
  c.accel = accel_expires_of(fields, rules.ignore, exchange.response_at);
  if (read_control(fields, rules, c.control)) c.ignore.expires = true;
  return c;
}

}  // namespace

std::string_view text_of(StoreRefusal refusal) {
  switch (refusal) {
    case StoreRefusal::none: return "";
    case StoreRefusal::method: return "method";
    case StoreRefusal::status: return "status";
    case StoreRefusal::partial: return "partial";
    case StoreRefusal::request_no_store: return "request-no-store";
    case StoreRefusal::no_store: return "no-store";
    case StoreRefusal::is_private: return "private";
    case StoreRefusal::not_understood: return "must-understand";
    case StoreRefusal::authorization: return "authorization";
    case StoreRefusal::set_cookie: return "set-cookie";
    case StoreRefusal::vary: return "vary";
    case StoreRefusal::no_lifetime: return "no-lifetime";
    case StoreRefusal::accel_expires: return "x-accel-expires";
  }
  return "";
}

StoreDecision decide_store(const Exchange& exchange, const StoreRules& rules) {
  if (const auto refusal = refuse_request(exchange, rules); refusal != StoreRefusal::none) return refused(refusal);
  const Case c = make_case(exchange, rules, exchange.response->fields, exchange.response->status);
  if (const auto refusal = refuse_response(c); refusal != StoreRefusal::none) return refused(refusal);
  return sets_cookie(c) ? refused(StoreRefusal::set_cookie) : decide(c);
}

StoreDecision decide_update(const Exchange& exchange, int stored_status, const http::FieldList& merged,
                            const StoreRules& rules) {
  if (const auto refusal = refuse_request(exchange, rules); refusal != StoreRefusal::none) return refused(refusal);
  const Case c = make_case(exchange, rules, merged, stored_status);
  if (const auto refusal = refuse_response(c); refusal != StoreRefusal::none) return refused(refusal);
  return decide(c);
}

bool removes_stored(StoreRefusal refusal) {
  switch (refusal) {
    case StoreRefusal::none: case StoreRefusal::method: case StoreRefusal::request_no_store:
    case StoreRefusal::authorization:
      return false;
    default: return true;
  }
}

void add_storable_fields(const http::FieldList& fields, const StoreRules& rules, http::FieldList& out) {
  CacheControl control;
  read_control(fields, rules, control);
  const http::ConnectionNames hop_names(fields);
  for (const http::Field& field : fields) {
    const bool is_of_this_message = http::is_hop_by_hop(field.id) || field.id == FieldId::content_length ||
                                    field.id == FieldId::age || field.id == FieldId::set_cookie;
    if (is_of_this_message || hop_names.lists(field) || names_field(control, field.name)) continue;
    if (http::iequals(field.name.substr(0, 6), "proxy-") || http::iequals(field.name, "set-cookie2")) continue;
    out.add(field);
  }
}

}  // namespace drishti::cache
