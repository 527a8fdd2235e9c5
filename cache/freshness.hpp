#pragma once
// The times of a stored response. RFC 9111 4.2, RFC 5861.

#include <cstdint>

namespace drishti::cache {

/// All in milliseconds; instants are of the wall clock (Unix time), because other proxies read them.
struct Freshness {
  std::int64_t response_at = 0;        ///< when the head was received (or validated)
  std::int64_t initial_age = 0;        ///< corrected_initial_age, RFC 9111 4.2.3
  std::int64_t lifetime = 0;           ///< freshness_lifetime, RFC 9111 4.2.1; 0: stale at once
  std::int64_t stale_while_revalidate = -1;  ///< RFC 5861 3; -1: not said
  std::int64_t stale_if_error = -1;          ///< RFC 5861 4; -1: not said
  bool must_revalidate = false;        ///< must-revalidate or proxy-revalidate: never stale, whatever anybody allows
  bool shared_lifetime = false;        ///< s-maxage: stale only as the response or the configuration says, not a client
  bool always_validate = false;        ///< no-cache without field names
  bool has_validator = false;          ///< ETag or Last-Modified
  bool immutable = false;              ///< RFC 8246: while fresh a client's reload (max-age) need not ask the origin

  std::int64_t age(std::int64_t now) const { return initial_age + (now > response_at ? now - response_at : 0); }
  bool is_fresh(std::int64_t now) const { return !always_validate && age(now) < lifetime; }
  std::int64_t staleness(std::int64_t now) const { return age(now) - lifetime; }
  bool operator==(const Freshness&) const = default;
};

}  // namespace drishti::cache
