#pragma once
// Whether a response may be stored, for how long, and without which of its fields. RFC 9111 3 and 4.2 for a shared cache,
// with what nginx's directives say. Pure: no clock, no I/O.

#include <cstdint>
#include <string_view>
#include <vector>

#include "cache/freshness.hpp"
#include "http/message.hpp"

namespace drishti::cache {

/// One `proxy_cache_valid` status and time.
struct ValidTime {
  static constexpr int any = 0;
  int status = any;
  std::int64_t milliseconds = 0;  ///< 0: such responses are not stored
};

/// Words of `proxy_ignore_headers` that concern the cache.
struct IgnoredFields {
  bool accel_expires = false, expires = false, cache_control = false, set_cookie = false, vary = false;
};

/// The settings of a location, in milliseconds.
struct StoreRules {
  std::vector<ValidTime> valid;  ///< as written; `proxy_cache_valid 10m` is 200, 301 and 302; the first match counts
  IgnoredFields ignore;          ///< cache_control stands for the targeted field, too
  std::string_view targeted = "CDN-Cache-Control";  ///< RFC 9213; "" for none. Outlives the rules
  bool post = false;             ///< proxy_cache_methods names POST
  bool key_has_authorization = false;  ///< proxy_cache_key tells users apart: RFC 9111 3.5 has nothing to protect
  bool honour_request_directives = true;  ///< no-store of the client
  bool heuristic = false;        ///< RFC 9111 4.2.2: 10 % of Date - Last-Modified
  std::int64_t heuristic_cap = 86'400'000;
  bool revalidate = false;       ///< proxy_cache_revalidate: a stale response with a validator is of use
  bool use_stale = false;        ///< any word of proxy_cache_use_stale: a stale response is of use
  std::int64_t keep_stale = 600'000;  ///< how long one that is of use is kept when it says nothing itself (`inactive`)
};

/// Why a response is not stored. The words are for Cache-Status `detail` and the log.
enum class StoreRefusal : std::uint8_t {
  none, method, status, partial, request_no_store, no_store, is_private, not_understood, authorization, set_cookie,
  vary, no_lifetime, accel_expires
};
std::string_view text_of(StoreRefusal refusal);

/// One exchange with the origin. Instants in Unix milliseconds.
struct Exchange {
  http::Method method = http::Method::get;    ///< as sent to the origin: of a HEAD only a GET can be stored
  const http::FieldList* request = nullptr;   ///< of the client, before the proxy's own changes
  const http::ResponseHead* response = nullptr;
  std::int64_t request_at = 0;   ///< when the request was sent
  std::int64_t response_at = 0;  ///< when the head was received
};

struct StoreDecision {
  StoreRefusal refusal = StoreRefusal::none;
  Freshness freshness;
  std::int64_t keep = 0;  ///< milliseconds from response_at after which no layer has use for it
  bool stored() const { return refusal == StoreRefusal::none; }
};

/// Neither proxy_no_cache nor min_uses: those are the caller's. The body must still arrive whole.
StoreDecision decide_store(const Exchange& exchange, const StoreRules& rules);

/// The EXCHANGE ended in a 304: the freshness of the stored response of STORED_STATUS with the MERGED head (RFC 9111
/// 4.3.4). On a refusal nothing is updated, and removes_stored() tells whether the stored response goes. A Set-Cookie of
/// the 304 is for its client and refuses nothing.
StoreDecision decide_update(const Exchange& exchange, int stored_status, const http::FieldList& merged,
                            const StoreRules& rules);

/// Whether the stored response must go when a 304 for it was refused: the refusal is of the response, not of the client.
bool removes_stored(StoreRefusal refusal);

/// Appends what may be stored of a response's fields (RFC 9111 3.1): without hop-by-hop and framing fields, those that
/// Connection, no-cache="f" or private="f" name, Proxy-*, Age, and Set-Cookie, which is for one client only. Views.
void add_storable_fields(const http::FieldList& fields, const StoreRules& rules, http::FieldList& out);

}  // namespace drishti::cache
