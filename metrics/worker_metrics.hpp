#pragma once
// Counters of one worker: one writer, summed by whoever reports them. Nothing here is shared or locked on the request path.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "metrics/counter.hpp"

namespace drishti::metrics {

/// Why a tunnel (WebSocket) ended: who closed or reset it first, nothing moved any more, or the worker stopped.
enum class TunnelEnd : std::uint8_t { client, upstream, timeout, shutdown };
inline constexpr std::array<std::string_view, 4> tunnel_end_names{"client", "upstream", "timeout", "shutdown"};

/// Why a connection to a `listen ... proxy_protocol` was closed before its first request.
enum class ProxyHeaderFault : std::uint8_t { malformed, timeout, address };
inline constexpr std::array<std::string_view, 3> proxy_header_fault_names{"malformed", "timeout", "address"};

struct alignas(64) WorkerMetrics {
  Counter connections_accepted;
  Counter connections_active;
  Counter requests_begun;    ///< a byte of the request came
  Counter heads_read;        ///< the head came, or was refused
  Counter requests_ended;
  Counter busy_ns;           ///< time in turns of the event loop, as opposed to waiting
  Counter accept_pauses;     ///< EMFILE and the like
  std::array<Counter, proxy_header_fault_names.size()> proxy_headers_refused;  ///< index: ProxyHeaderFault
  Counter tunnels_opened;
  std::array<Counter, tunnel_end_names.size()> tunnels_closed;  ///< index: TunnelEnd
  Counter tunnel_bytes_received, tunnel_bytes_sent;  ///< from clients, to clients
  std::array<Counter, 64> rejects_by_reason;  ///< index: http::Reject
  std::array<Counter, 16> http2_floods;       ///< index: server::Http2FloodReason
};

/// Sums over workers, in the terms of nginx's stub_status.
struct ConnectionTotals {
  std::uint64_t accepted = 0, active = 0, requests = 0, reading = 0, writing = 0;
  /// Kept open between requests.
  std::uint64_t waiting() const { return active > reading + writing ? active - reading - writing : 0; }
};

ConnectionTotals connection_totals(std::span<const WorkerMetrics* const> workers);

}  // namespace drishti::metrics
