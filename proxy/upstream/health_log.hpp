#pragma once
// Changes of peers in the error log, in nginx Plus's words with the cause behind them.

#include <string_view>

#include "health/state_machine.hpp"
#include "net/error_log.hpp"
#include "upstream/peer.hpp"

namespace drishti::upstream {

/// `peer is unhealthy while checking status code, health check "NAME" of peer ADDRESS in upstream "GROUP": status 503`.
/// Bad news at [warn], good news at [notice]. Any thread.
struct TransitionLog {
  net::ErrorLog& log;
  std::string_view group;
  std::string_view check;  ///< the name of its `match`
  std::string_view step;   ///< `while checking status code`; empty for other causes
  void write(const health::Transition& transition, const Peer& peer) const;
};

}  // namespace drishti::upstream
