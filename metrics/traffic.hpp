#pragma once
// What a worker counts about a place of the configuration: a location, a server, an upstream, a peer. One writer each.

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "metrics/busy_time.hpp"
#include "metrics/counter.hpp"
#include "metrics/histogram.hpp"

namespace drishti::metrics {

/// Counts by the class of a status: 1xx to 5xx, and `none` (closed without an answer).
class CodeClasses {
 public:
  static constexpr std::size_t size = 6;
  static constexpr std::array<std::string_view, size> names{"none", "1xx", "2xx", "3xx", "4xx", "5xx"};

  void add(int status) { counters_[index(status)].add(); }
  std::uint64_t value(std::size_t i) const { return counters_[i].value(); }

 private:
  static std::size_t index(int status) { return static_cast<std::size_t>(std::clamp(status / 100, 0, 5)); }
  std::array<Counter, size> counters_;
};

struct alignas(64) LocationMetrics {
  CodeClasses responses;
};

struct alignas(64) ServerMetrics {
  std::array<Counter, 24> methods;   ///< index: http::Method
  std::array<Counter, 3> protocols;  ///< HTTP/1.0, HTTP/1.1, HTTP/2.0
  Counter request_bytes;
  Counter response_bytes;
  Histogram duration;
};

/// Why a request went to a peer once more.
#define DRISHTI_RETRY_CAUSES(C)                                                                                   \
  C(connect_error) C(connect_timeout) C(send_error) C(send_timeout) C(closed_early) C(read_timeout)               \
  C(invalid_header) C(no_resources) C(http_403) C(http_404) C(http_429) C(http_500) C(http_502) C(http_503)       \
  C(http_504) C(stale_connection)

enum class RetryCause : std::uint8_t {
#define DRISHTI_CAUSE(name) name,
  DRISHTI_RETRY_CAUSES(DRISHTI_CAUSE)
#undef DRISHTI_CAUSE
};
inline constexpr std::string_view retry_cause_names[] = {
#define DRISHTI_CAUSE(name) #name,
    DRISHTI_RETRY_CAUSES(DRISHTI_CAUSE)
#undef DRISHTI_CAUSE
};

/// How a request left the queue of its group; `full`: it never came in.
enum class QueueResult : std::uint8_t { served, timeout, full, client_left, no_live_peer };
inline constexpr std::array<std::string_view, 5> queue_result_names{"served", "timeout", "full", "client_left",
                                                                    "no_live_peer"};

struct alignas(64) UpstreamMetrics {
  BusyTime busy;
  CodeClasses requests;
  Counter connections_opened;
  Counter connections_reused;
  Counter tls_full, tls_resumed, tls_failed;  ///< handshakes
  Counter no_live_peer;
  Histogram request;
  Histogram connect;
  Histogram first_byte;
  std::array<Counter, std::size(retry_cause_names)> retries;  ///< index: RetryCause
  Counter retries_refused;  ///< by retry_budget
  std::array<Counter, queue_result_names.size()> queued;  ///< index: QueueResult
  Histogram queue_wait;                                   ///< of those that came in
};

struct alignas(64) PeerMetrics {
  Counter requests;
  CodeClasses responses;
  Counter failures;  ///< those that max_fails counts
  Counter sent_bytes;
  Counter received_bytes;
};

}  // namespace drishti::metrics
