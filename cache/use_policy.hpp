#pragma once
// What to do with a stored response, or without one. RFC 9111 4, 4.2.4 and 5.2.1, RFC 5861. Pure.

#include <cstdint>
#include <optional>

#include "cache/cache_control.hpp"
#include "cache/freshness.hpp"

namespace drishti::cache {

/// What went wrong with the origin: the words of proxy_cache_use_stale.
enum class StaleReason : std::uint8_t {
  error, timeout, invalid_header, updating, http_500, http_502, http_503, http_504, http_403, http_404, http_429
};

/// The words that were written.
class StaleReasons {
 public:
  void add(StaleReason reason) { bits_ |= bit(reason); }
  bool contains(StaleReason reason) const { return (bits_ & bit(reason)) != 0; }
  bool empty() const { return bits_ == 0; }

 private:
  static constexpr std::uint16_t bit(StaleReason reason) {
    return static_cast<std::uint16_t>(1U << static_cast<unsigned>(reason));
  }
  std::uint16_t bits_ = 0;
};

/// The reason that a final status of the origin stands for, or nullopt.
std::optional<StaleReason> stale_reason_of(int status);

struct UseRules {
  /// Whether Cache-Control and Pragma of the client count. On, as RFC 9111 5.2.1 has it: a reload costs one request to the
  /// origin, which concurrent reloads share (proxy_cache_lock). nginx is off: there no client can make a hit a miss.
  bool honour_request_directives = true;
  StaleReasons use_stale;                ///< proxy_cache_use_stale
  std::optional<bool> background_update; ///< proxy_cache_background_update; not written: for stale-while-revalidate
};

enum class Use : std::uint8_t {
  fresh,            ///< answer with it
  stale,            ///< answer with it: the client's max-stale allows it
  stale_and_update, ///< answer with it, and validate in the background
  validate,         ///< ask the origin first, with its validators when there are any
  fetch,            ///< nothing is stored: ask the origin
  gateway_timeout   ///< 504: the client wants nothing that is not stored (only-if-cached)
};

/// STORED is null on a miss. NOW in Unix milliseconds.
Use decide_use(const Freshness* stored, const CacheControl& request, const UseRules& rules, std::int64_t now);

/// Whether a stale response may stand in for the origin's answer because of REASON; `updating`: because another request
/// is fetching it now.
bool may_use_stale(const Freshness& stored, const CacheControl& request, const UseRules& rules, StaleReason reason,
                   std::int64_t now);

}  // namespace drishti::cache
