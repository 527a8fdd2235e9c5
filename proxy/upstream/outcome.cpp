#include "upstream/outcome.hpp"

#include <string>

namespace drishti::upstream {

bool report(Balancer& balancer, const Peer& peer, Outcome outcome, std::int64_t now_seconds, net::ErrorLog& log,
            std::uint64_t connection, std::string_view log_context) {
  health::PassiveHealth& health = peer.state->health;
  if (outcome == Outcome::failed) balancer.group().ask_for_resolve();
  if (balancer.peers().is_single()) {
    health.clear();
    return false;
  }
  if (outcome != Outcome::failed) {
    health.succeeded();
    return false;
  }
  const bool disabled = health.failed(peer.limits(), now_seconds);
  balancer.note_failure(peer);
  if (disabled && log.enabled(conf::LogLevel::warn))
    log.write(conf::LogLevel::warn, connection, "upstream server temporarily disabled" + std::string(log_context));
  return disabled;
}

}  // namespace drishti::upstream
