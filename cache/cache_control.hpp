#pragma once
// Cache-Control of requests and responses (RFC 9111 5.2, RFC 5861, RFC 8246) and its targeted form (RFC 9213).
// Nothing is allocated; the views are of the field values. What is malformed or said twice counts as its most
// restrictive reading: a wrong number is "stale", an open quoted-string is no-store.

#include <array>
#include <cstdint>
#include <string_view>

#include "http/field.hpp"

namespace drishti::cache {

/// The directives with field names as argument (no-cache="f", private="f").
class FieldNames {
 public:
  static constexpr std::size_t most = 8;
  /// False when there is no room; then the whole response is meant.
  bool add(std::string_view name);
  bool contains(std::string_view name) const;
  std::size_t size() const { return size_; }

 private:
  std::array<std::string_view, most> names_{};
  std::uint8_t size_ = 0;
};

struct CacheControl {
  static constexpr std::int64_t not_said = -1;
  static constexpr std::int64_t longest = std::int64_t{1} << 31;  ///< what too large a number counts as, RFC 9111 1.2.2

  // Seconds, or not_said.
  std::int64_t max_age = not_said;
  std::int64_t s_maxage = not_said;
  std::int64_t stale_while_revalidate = not_said;
  std::int64_t stale_if_error = not_said;
  std::int64_t max_stale = not_said;  ///< without a number: `longest`
  std::int64_t min_fresh = not_said;
  bool no_store = false;
  bool no_cache = false;   ///< without field names
  bool is_private = false; ///< without field names
  bool is_public = false;
  bool must_revalidate = false;
  bool proxy_revalidate = false;
  bool must_understand = false;
  bool only_if_cached = false;
  bool no_transform = false;
  bool immutable = false;
  FieldNames no_cache_fields;
  FieldNames private_fields;
};

/// Adds the directives of one field line.
void read_cache_control(std::string_view value, CacheControl& into);

/// All Cache-Control lines of a message.
CacheControl cache_control_of(const http::FieldList& fields);

/// Of a request: Cache-Control, or without one `Pragma: no-cache` (RFC 9111 5.4).
CacheControl request_cache_control(const http::FieldList& fields);

/// A targeted field, for example CDN-Cache-Control: a Structured Fields dictionary (RFC 8941 3.2). False, and INTO is
/// untouched, when there is none, it is empty or it does not parse: then it counts as absent (RFC 9213 2.1).
bool read_targeted(const http::FieldList& fields, std::string_view name, CacheControl& into);

/// A whole decimal number of seconds; too large a one is CacheControl::longest; not_said when it is none.
std::int64_t parse_delta_seconds(std::string_view text);

}  // namespace drishti::cache
