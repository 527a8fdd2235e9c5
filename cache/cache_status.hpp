#pragma once
// What the client is told: Cache-Status (RFC 9211) and Age (RFC 9111 5.1).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cache/freshness.hpp"

namespace drishti::cache {

/// Why the request went to the origin; RFC 9211 2.2.
enum class Forward : std::uint8_t { none, bypass, method, uri_miss, vary_miss, miss, request, stale, partial };

struct CacheStatus {
  Forward forward = Forward::none;  ///< none: a hit
  int forward_status = 0;           ///< the origin's status when it is not the answer's own; 0: not said
  std::optional<std::int64_t> ttl;  ///< seconds; negative: stale
  bool stored = false;
  bool collapsed = false;           ///< the answer of another request's fetch
  std::string_view detail;          ///< a token of ours, or ""
};

/// Seconds of freshness left at NOW, rounded down.
std::int64_t ttl_seconds(const Freshness& freshness, std::int64_t now);
/// The Age value: whole seconds, at most 2^31.
std::int64_t age_seconds(const Freshness& freshness, std::int64_t now);

/// Appends `Drishti; hit; ttl=30`. CACHE is the name of this cache: a token.
void append_cache_status(std::string_view cache, const CacheStatus& status, std::string& out);

}  // namespace drishti::cache
