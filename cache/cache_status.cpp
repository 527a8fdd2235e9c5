#include "cache/cache_status.hpp"

#include <algorithm>
#include <charconv>

#include "cache/cache_control.hpp"
#include "http/chars.hpp"

namespace drishti::cache {
namespace {

constexpr std::int64_t second = 1000;

std::string_view text_of(Forward forward) {
  switch (forward) {
    case Forward::none: return "";
    case Forward::bypass: return "bypass";
    case Forward::method: return "method";
    case Forward::uri_miss: return "uri-miss";
    case Forward::vary_miss: return "vary-miss";
    case Forward::miss: return "miss";
    case Forward::request: return "request";
    case Forward::stale: return "stale";
    case Forward::partial: return "partial";
  }
  return "";
}

void append_parameter(std::string_view name, std::int64_t value, std::string& out) {
  char digits[20];
  out.append("; ").append(name).append("=");
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

/// A token of Structured Fields begins with a letter (RFC 8941 3.3.4).
bool is_structured_token(std::string_view text) {
  return http::is_token(text) && http::to_lower(text.front()) >= 'a' && http::to_lower(text.front()) <= 'z';
}

}  // namespace

std::int64_t ttl_seconds(const Freshness& freshness, std::int64_t now) {
  const std::int64_t left = freshness.lifetime - freshness.age(now);
  return left >= 0 ? left / second : -((-left + second - 1) / second);
}

std::int64_t age_seconds(const Freshness& freshness, std::int64_t now) {
  return std::clamp<std::int64_t>(freshness.age(now) / second, 0, CacheControl::longest);
}

void append_cache_status(std::string_view cache, const CacheStatus& status, std::string& out) {
  out.append(cache);
  if (status.forward == Forward::none) {
    out.append("; hit");
  } else {
    out.append("; fwd=").append(text_of(status.forward));
    if (status.forward_status != 0) append_parameter("fwd-status", status.forward_status, out);
    if (status.stored) out.append("; stored");
    if (status.collapsed) out.append("; collapsed");
  }
  if (status.ttl) append_parameter("ttl", *status.ttl, out);
  if (is_structured_token(status.detail)) out.append("; detail=").append(status.detail);
}

}  // namespace drishti::cache
