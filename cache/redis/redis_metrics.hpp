#pragma once
// What one worker counts about Redis. One writing thread, any reader.

#include <array>
#include <cstdint>
#include <string_view>

#include "metrics/histogram.hpp"

namespace drishti::cache::redis {

/// Why a call brought nothing. Each is a miss for the request and a count here.
enum class ErrorKind : std::uint8_t {
  none,
  timeout,        ///< no reply within the deadline; the connection was ended
  lost,           ///< the connection ended before the reply
  connect,        ///< refused, unreachable, no address
  protocol,       ///< bytes that are no reply, or a reply of an impossible kind
  overload,       ///< too many commands or bytes wait already
  auth,           ///< NOAUTH, WRONGPASS, NOPERM
  wrong_type,     ///< WRONGTYPE: somebody else's key
  out_of_memory,  ///< OOM, MISCONF
  read_only,      ///< READONLY, NOREPLICAS: not a master that takes writes
  loading,        ///< LOADING, BUSY, MASTERDOWN
  cluster,        ///< CLUSTERDOWN, TRYAGAIN, too many redirections
  corrupt,        ///< a value that is no entry of ours, or not the one that was asked for
  other,
  count_
};

std::string_view name_of(ErrorKind kind);
/// By the first word of an error reply.
ErrorKind kind_of_error(std::string_view text);

struct alignas(64) RedisMetrics {
  metrics::Counter hits, misses;
  metrics::Counter unavailable;   ///< calls that the open breaker answered at once
  metrics::Counter commands;
  metrics::Counter connects;      ///< connections that were made and greeted
  metrics::Counter connections;   ///< those that are there now: none, and the breaker is open
  metrics::Counter invalidations; ///< keys that the invalidation connection named
  metrics::Counter flushes;       ///< times that L1 was emptied by it
  std::array<metrics::Counter, static_cast<std::size_t>(ErrorKind::count_)> errors;
  metrics::Histogram latency;     ///< of replies, by the clock of the loop's turns

  void count(ErrorKind kind) { errors[static_cast<std::size_t>(kind)].add(); }
  std::uint64_t errors_of(ErrorKind kind) const { return errors[static_cast<std::size_t>(kind)].value(); }
};

}  // namespace drishti::cache::redis
