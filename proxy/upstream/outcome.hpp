#pragma once
// What became of an attempt, as failure accounting and balancing see it. One call at the end of each attempt.

#include <cstdint>
#include <string_view>

#include "net/error_log.hpp"
#include "upstream/balancer.hpp"

namespace drishti::upstream {

enum class Outcome {
  failed,       ///< connect, send, read error or timeout, premature close, bad response head, a listed status retried
  not_counted,  ///< http_403 and http_404 passed on to the next peer
  success,      ///< everything else, also a listed status that could not be retried and a client that went away
};

/// Counts OUTCOME for PEER: max_fails accounting of the process, effective weight of this worker, and a fresh look-up of
/// the group's names after a failure. A single peer is never disabled. Writes `upstream server temporarily disabled` at
/// [warn] followed by LOG_CONTEXT (` while connecting to upstream, client: ...`). The lease may end before or after.
/// The worker that owns BALANCER. Returns whether the peer is disabled now.
bool report(Balancer& balancer, const Peer& peer, Outcome outcome, std::int64_t now_seconds, net::ErrorLog& log,
            std::uint64_t connection, std::string_view log_context);

}  // namespace drishti::upstream
