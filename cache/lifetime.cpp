#include "cache/lifetime.hpp"

#include <algorithm>

#include "http/chars.hpp"
#include "http/date.hpp"

namespace drishti::cache {
namespace {

using http::FieldId;

constexpr std::int64_t second = 1000;

/// The Date field in milliseconds; nullopt when it is missing, invalid, or there are two.
std::optional<std::int64_t> date_of(const http::FieldList& fields) {
  if (!fields.has(FieldId::date) || fields.repeated(FieldId::date)) return std::nullopt;
  const auto date = http::parse_http_date(fields.get(FieldId::date));
  return date ? std::optional(*date * second) : std::nullopt;
}

/// RFC 9111 5.1: the first member counts; an invalid one says nothing.
std::int64_t age_value(const http::FieldList& fields) {
  const std::string_view value = fields.get(FieldId::age);
  return std::max<std::int64_t>(parse_delta_seconds(http::trim_ows(value.substr(0, value.find(',')))), 0) * second;
}

/// Of several Expires the earliest counts; an invalid one, like `0`, is in the past (RFC 9111 5.3).
std::int64_t expires_lifetime(const http::FieldList& fields, std::int64_t response_at) {
  const std::int64_t date = date_of(fields).value_or(response_at);
  std::int64_t lifetime = CacheControl::longest * second;
  for (const http::Field& field : fields) {
    if (field.id != FieldId::expires) continue;
    const auto expires = http::parse_http_date(field.value);
    lifetime = std::min(lifetime, expires ? *expires * second - date : 0);
  }
  return std::max<std::int64_t>(lifetime, 0);
}

}  // namespace

AccelExpires accel_expires_of(const http::FieldList& fields, const IgnoredFields& ignore, std::int64_t response_at) {
  std::string_view value = fields.get(FieldId::x_accel_expires);
  if (ignore.accel_expires || value.empty()) return {};
  const bool is_instant = value.front() == '@';
  if (is_instant) value.remove_prefix(1);
  const std::int64_t seconds = parse_delta_seconds(value);
  if (seconds == CacheControl::not_said) return {};
  const std::int64_t from_now = is_instant ? seconds * second - response_at : seconds * second;
  return {.said = true, .refuses = from_now <= 0, .from_now = std::max<std::int64_t>(from_now, 0)};
}

std::int64_t initial_age(const Exchange& exchange, const http::FieldList& age_fields) {
  const std::int64_t delay = std::max<std::int64_t>(exchange.response_at - exchange.request_at, 0);
  const std::int64_t corrected = age_value(age_fields) + delay;
  const std::int64_t last_of_date = date_of(age_fields).value_or(exchange.response_at) + second - 1;
  return std::max(corrected, exchange.response_at - last_of_date);
}

std::optional<std::int64_t> said_lifetime(const http::FieldList& fields, const CacheControl& control,
                                          const IgnoredFields& ignore, std::int64_t response_at) {
  if (control.s_maxage != CacheControl::not_said) return control.s_maxage * second;
  if (control.max_age != CacheControl::not_said) return control.max_age * second;
  if (!ignore.expires && fields.has(FieldId::expires)) return expires_lifetime(fields, response_at);
  return std::nullopt;
}

std::optional<std::int64_t> valid_time(int status, const std::vector<ValidTime>& valid) {
  for (const ValidTime& time : valid) {
    if (time.status == ValidTime::any || time.status == status) return time.milliseconds;
  }
  return std::nullopt;
}

std::optional<std::int64_t> heuristic_lifetime(const http::FieldList& fields, std::int64_t response_at,
                                               std::int64_t cap) {
  const auto modified = http::parse_http_date(fields.get(FieldId::last_modified));
  if (!modified) return std::nullopt;
  const std::int64_t unchanged = date_of(fields).value_or(response_at) - *modified * second;
  return std::clamp<std::int64_t>(unchanged / 10, 0, cap);
}

}  // namespace drishti::cache
