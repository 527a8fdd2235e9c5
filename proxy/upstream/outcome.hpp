#pragma once
// What became of an attempt, as failure accounting and balancing see it. One call at the end of each attempt.

#include <cstdint>
#include <string_view>

#include "net/error_log.hpp"
#include "upstream/peer.hpp"

namespace drishti::upstream {

enum class Outcome {
  failed,       ///< connect, send, read error or timeout, premature close, bad response head, a listed status retried
  not_counted,  ///< http_403 and http_404 passed on to the next peer
  success,      ///< everything else, also a listed status that could not be retried and a client that went away
};

/// Counts OUTCOME for PEER in the process-wide accounting of max_fails. A peer that is single in its group is never
/// disabled. Writes `upstream server temporarily disabled` at [warn], followed by LOG_CONTEXT (` while connecting to
/// upstream, client: ...`) or else by the peer's address. The lease may end before or after. After `failed` also call
/// Balancer::note_failure, whose weights are the worker's. Any thread. Returns whether the peer is disabled now.
bool report(const Peer& peer, Outcome outcome, bool is_single, std::int64_t now_seconds, net::ErrorLog& log,
            std::uint64_t connection = 0, std::string_view log_context = {});

}  // namespace drishti::upstream
