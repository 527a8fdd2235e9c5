#pragma once
// How long a response is fresh and how old it already is. RFC 9111 4.2.1 to 4.2.3, and nginx's X-Accel-Expires and
// proxy_cache_valid.

#include <cstdint>
#include <optional>

#include "cache/cache_control.hpp"
#include "cache/store_policy.hpp"

namespace drishti::cache {

/// X-Accel-Expires. nginx: seconds, or `@` and Unix seconds; anything else says nothing.
struct AccelExpires {
  bool said = false;
  bool refuses = false;       ///< 0: not to be stored
  std::int64_t from_now = 0;  ///< milliseconds from response_at
};
AccelExpires accel_expires_of(const http::FieldList& fields, const IgnoredFields& ignore, std::int64_t response_at);

/// corrected_initial_age in milliseconds (RFC 9111 4.2.3). AGE_FIELDS are those of the message as received. A Date is any
/// instant of its second, so that it alone never makes a new response old.
std::int64_t initial_age(const Exchange& exchange, const http::FieldList& age_fields);

/// What the response itself says (s-maxage, max-age, Expires), in milliseconds; nullopt when it says nothing.
std::optional<std::int64_t> said_lifetime(const http::FieldList& fields, const CacheControl& control,
                                          const IgnoredFields& ignore, std::int64_t response_at);

/// proxy_cache_valid for STATUS, in milliseconds; nullopt when no line is for it.
std::optional<std::int64_t> valid_time(int status, const std::vector<ValidTime>& valid);

/// 10 % of Date - Last-Modified, at most CAP; nullopt without Last-Modified.
std::optional<std::int64_t> heuristic_lifetime(const http::FieldList& fields, std::int64_t response_at, std::int64_t cap);

}  // namespace drishti::cache
