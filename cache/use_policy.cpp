#include "cache/use_policy.hpp"

#include <algorithm>

namespace drishti::cache {
namespace {

constexpr std::int64_t second = 1000;

bool said(std::int64_t seconds) { return seconds != CacheControl::not_said; }

/// The client's max-age: older is not for it. What is immutable cannot be renewed by asking again, so that a reload
/// (max-age=0) of it stays here (RFC 8246 2.1).
bool is_too_old(const Freshness& stored, const CacheControl& request, std::int64_t now) {
  if (!said(request.max_age) || (stored.immutable && stored.is_fresh(now))) return false;
  return stored.age(now) > request.max_age * second || request.max_age == 0;
}

bool has_min_fresh(const Freshness& stored, const CacheControl& request, std::int64_t now) {
  return !said(request.min_fresh) || -stored.staleness(now) >= request.min_fresh * second;
}

bool within(std::int64_t limit, const Freshness& stored, std::int64_t now) {
  return limit >= 0 && stored.staleness(now) <= limit;
}

/// The client wants newer than this. It is about what the origin could answer, so that it says nothing when that fails.
bool wants_newer(const Freshness& stored, const CacheControl& request, std::int64_t now) {
  return request.no_cache || is_too_old(stored, request, now) || !has_min_fresh(stored, request, now);
}

bool never_stale(const Freshness& stored) { return stored.must_revalidate || stored.always_validate; }

Use decide_stored(const Freshness& stored, const CacheControl& request, const UseRules& rules, std::int64_t now) {
  if (request.no_cache || is_too_old(stored, request, now)) return Use::validate;
  if (stored.is_fresh(now)) return has_min_fresh(stored, request, now) ? Use::fresh : Use::validate;
  if (never_stale(stored) || said(request.min_fresh)) return Use::validate;
  const bool client_allows = said(request.max_stale) && within(request.max_stale * second, stored, now);
  if (client_allows && !stored.shared_lifetime) return Use::stale;
  if (within(stored.stale_while_revalidate, stored, now) && rules.background_update.value_or(true)) {
    return Use::stale_and_update;
  }
  const bool updates_behind = rules.background_update.value_or(false) && rules.use_stale.contains(StaleReason::updating);
  return updates_behind ? Use::stale_and_update : Use::validate;
}

}  // namespace

std::optional<StaleReason> stale_reason_of(int status) {
  switch (status) {
    case 500: return StaleReason::http_500;
    case 502: return StaleReason::http_502;
    case 503: return StaleReason::http_503;
    case 504: return StaleReason::http_504;
    case 403: return StaleReason::http_403;
    case 404: return StaleReason::http_404;
    case 429: return StaleReason::http_429;
    default: return std::nullopt;
  }
}

Use decide_use(const Freshness* stored, const CacheControl& request, const UseRules& rules, std::int64_t now) {
  static const CacheControl silent;
  const CacheControl& client = rules.honour_request_directives ? request : silent;
  const Use use = stored == nullptr ? Use::fetch : decide_stored(*stored, client, rules, now);
  const bool asks_origin = use == Use::fetch || use == Use::validate;
  return asks_origin && client.only_if_cached ? Use::gateway_timeout : use;
}

bool may_use_stale(const Freshness& stored, const CacheControl& request, const UseRules& rules, StaleReason reason,
                   std::int64_t now) {
  if (never_stale(stored)) return false;
  const bool waits = reason == StaleReason::updating && rules.honour_request_directives && wants_newer(stored, request, now);
  if (waits) return false;
  if (rules.use_stale.contains(reason)) return true;
  if (reason == StaleReason::updating) return within(stored.stale_while_revalidate, stored, now);
  const bool is_error = reason != StaleReason::http_403 && reason != StaleReason::http_404 &&
                        reason != StaleReason::http_429;  // RFC 5861 4: 500, 502, 503, 504 and no answer at all
  if (!is_error) return false;
  const bool client_allows = rules.honour_request_directives && !stored.shared_lifetime && said(request.stale_if_error);
  return within(stored.stale_if_error, stored, now) ||
         (client_allows && within(request.stale_if_error * second, stored, now));
}

}  // namespace drishti::cache
