#pragma once
// Counters of one worker: one writer, summed by whoever reports them. Nothing here is shared or locked on the request path.

#include <array>
#include <cstdint>
#include <span>

#include "metrics/counter.hpp"

namespace drishti::metrics {

struct alignas(64) WorkerMetrics {
  Counter connections_accepted;
  Counter connections_active;
  Counter requests_begun;    ///< a byte of the request came
  Counter heads_read;        ///< the head came, or was refused
  Counter requests_ended;
  Counter busy_ns;           ///< time in turns of the event loop, as opposed to waiting
  Counter accept_pauses;     ///< EMFILE and the like
  std::array<Counter, 64> rejects_by_reason;  ///< index: http::Reject
};

/// Sums over workers, in the terms of nginx's stub_status.
struct ConnectionTotals {
  std::uint64_t accepted = 0, active = 0, requests = 0, reading = 0, writing = 0;
  /// Kept open between requests.
  std::uint64_t waiting() const { return active > reading + writing ? active - reading - writing : 0; }
};

ConnectionTotals connection_totals(std::span<const WorkerMetrics* const> workers);

}  // namespace drishti::metrics
