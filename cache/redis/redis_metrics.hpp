#pragma once
// What one worker counts about Redis. One writing thread, any reader.

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "metrics/worker_metrics.hpp"

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
  /// Upper bounds in milliseconds of all buckets but the last. The clock is that of the loop's turns.
  static constexpr std::array<int, 7> latency_bounds{1, 2, 5, 10, 20, 50, 100};

  metrics::Counter hits, misses;
  metrics::Counter unavailable;   ///< calls that the open breaker answered at once
  metrics::Counter commands;
  metrics::Counter connects;      ///< connections that were made and greeted
  metrics::Counter invalidations; ///< keys that the invalidation connection named
  metrics::Counter flushes;       ///< times that L1 was emptied by it
  std::array<metrics::Counter, static_cast<std::size_t>(ErrorKind::count_)> errors;
  std::array<metrics::Counter, latency_bounds.size() + 1> latency;

  void count(ErrorKind kind) { errors[static_cast<std::size_t>(kind)].add(); }
  std::uint64_t errors_of(ErrorKind kind) const { return errors[static_cast<std::size_t>(kind)].value(); }
  void count_latency(std::chrono::nanoseconds taken);
};

}  // namespace drishti::cache::redis
