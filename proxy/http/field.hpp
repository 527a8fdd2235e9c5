#pragma once
// Header fields as views into the buffer that they were read from. RFC 9110 5.

#include <cstdint>
#include <string_view>
#include <vector>

namespace drishti::http {

// The fields that the proxy itself looks at; F(enumerator, "lower-case-name").
#define DRISHTI_FIELDS(F)                                                                                             \
  F(accept, "accept") F(accept_encoding, "accept-encoding") F(accept_ranges, "accept-ranges") F(age, "age")           \
  F(allow, "allow") F(authorization, "authorization") F(cache_control, "cache-control") F(connection, "connection")   \
  F(content_encoding, "content-encoding") F(content_length, "content-length") F(content_range, "content-range")       \
  F(content_type, "content-type") F(content_location, "content-location") F(cookie, "cookie") F(date, "date")         \
  F(etag, "etag") F(expect, "expect") F(expires, "expires") F(host, "host") F(http2_settings, "http2-settings")       \
  F(if_match, "if-match") F(if_modified_since, "if-modified-since") F(if_none_match, "if-none-match")                 \
  F(if_range, "if-range") F(if_unmodified_since, "if-unmodified-since") F(keep_alive, "keep-alive")                   \
  F(last_modified, "last-modified") F(link, "link") F(location, "location") F(max_forwards, "max-forwards")           \
  F(origin, "origin") F(pragma, "pragma") F(proxy_authenticate, "proxy-authenticate")                                 \
  F(proxy_authorization, "proxy-authorization") F(proxy_connection, "proxy-connection") F(range, "range")             \
  F(referer, "referer") F(refresh, "refresh") F(retry_after, "retry-after") F(server, "server")                       \
  F(set_cookie, "set-cookie") F(te, "te") F(trailer, "trailer") F(transfer_encoding, "transfer-encoding")             \
  F(upgrade, "upgrade") F(user_agent, "user-agent") F(vary, "vary") F(via, "via")                                     \
  F(www_authenticate, "www-authenticate") F(x_forwarded_for, "x-forwarded-for")                                       \
  F(x_forwarded_host, "x-forwarded-host") F(x_forwarded_proto, "x-forwarded-proto") F(x_real_ip, "x-real-ip")         \
  F(x_accel_buffering, "x-accel-buffering") F(x_accel_charset, "x-accel-charset")                                     \
  F(x_accel_expires, "x-accel-expires") F(x_accel_limit_rate, "x-accel-limit-rate")                                   \
  F(x_accel_redirect, "x-accel-redirect") F(x_pad, "x-pad")

enum class FieldId : std::uint8_t {
  other,
#define DRISHTI_F(id, name) id,
  DRISHTI_FIELDS(DRISHTI_F)
#undef DRISHTI_F
};

/// The id of a field name in any case; FieldId::other when it is none of the table. A perfect-hash style lookup.
FieldId field_id(std::string_view name);
/// Lower-case name; "" for other.
std::string_view field_name(FieldId id);

struct Field {
  std::string_view name;   ///< as received
  std::string_view value;  ///< without surrounding SP and HTAB
  FieldId id = FieldId::other;
};

/// The fields of one message in order. The views point into the buffer of the message, or into the request's arena.
/// Keeps its capacity over clear(), so that a connection's second request allocates nothing.
class FieldList {
 public:
  void clear() {
    fields_.clear();
    seen_ = repeated_ = 0;
  }
  /// The only way to bring in an id: find() looks at the ids seen here first.
  void add(Field field) {
    fields_.push_back(field);
    repeated_ |= seen_ & bit(field.id);
    seen_ |= bit(field.id);
  }
  std::size_t size() const { return fields_.size(); }
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  auto begin() { return fields_.begin(); }
  auto end() { return fields_.end(); }
  const Field& operator[](std::size_t i) const { return fields_[i]; }

  /// The first field with this id, or nullptr.
  const Field* find(FieldId id) const { return (seen_ & bit(id)) == 0 ? nullptr : find_seen(id); }
  /// The first field with this name in any case, or nullptr.
  const Field* find(std::string_view name) const;
  /// The value of the first field with this id, or "".
  std::string_view get(FieldId id) const;
  bool has(FieldId id) const { return find(id) != nullptr; }
  std::size_t count(FieldId id) const;
  /// Whether two or more fields with this id were added. Not for FieldId::other.
  bool repeated(FieldId id) const { return (repeated_ & bit(id)) != 0; }

  /// Moves all views from a buffer at OLD_BASE to the same bytes at NEW_BASE (the buffer was grown).
  void rebase(const char* old_base, const char* new_base);

 private:
  const Field* find_seen(FieldId id) const;
  static constexpr std::uint64_t bit(FieldId id) { return std::uint64_t{1} << static_cast<unsigned>(id); }

  std::vector<Field> fields_;
  std::uint64_t seen_ = 0;      ///< one bit an id: most look-ups are for fields that are not there
  std::uint64_t repeated_ = 0;  ///< ids added twice or more
};

/// ASCII case-insensitive comparison.
bool iequals(std::string_view a, std::string_view b);

}  // namespace drishti::http
