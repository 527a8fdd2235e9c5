#include "upstream/outcome.hpp"

#include <string>

#include "upstream/health_log.hpp"

namespace drishti::upstream {
namespace {

void log_disabled(const Peer& peer, net::ErrorLog& log, std::uint64_t connection, std::string_view context) {
  if (!log.enabled(conf::LogLevel::warn)) return;
  std::string text = "upstream server temporarily disabled";
  if (context.empty()) {
    text += ", upstream: \"" + peer.address_text + "\"";
  } else {
    text += context;
  }
  log.write(conf::LogLevel::warn, connection, text);
}

}  // namespace

bool report(const Peer& peer, Outcome outcome, bool is_single, std::int64_t now_seconds, net::ErrorLog& log,
            std::uint64_t connection, std::string_view log_context) {
  health::PeerHealth& health = peer.state->health;
  if (is_single) {
    health.clear();
    return false;
  }
  if (outcome != Outcome::failed) {
    const auto change = health.succeeded(peer.limits(), now_seconds);
    if (change) TransitionLog{log, {}, {}, {}}.write(*change, peer);
    return false;
  }
  const bool disabled = health.failed(peer.limits(), now_seconds);
  if (disabled) log_disabled(peer, log, connection, log_context);
  return disabled;
}

}  // namespace drishti::upstream
