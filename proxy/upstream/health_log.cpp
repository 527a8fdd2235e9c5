#include "upstream/health_log.hpp"

#include <algorithm>
#include <string>

namespace drishti::upstream {
namespace {

bool is_bad_news(health::PeerStatus status) {
  return status == health::PeerStatus::unhealthy || status == health::PeerStatus::ejected;
}

std::string subject(health::PeerStatus status) {
  using health::PeerStatus;
  switch (status) {
    case PeerStatus::slow_start: return "peer is healthy and starts slowly";
    case PeerStatus::ejected: return "peer is ejected";
    case PeerStatus::checking: return "peer has to pass its checks";
    default: return "peer is " + std::string(status_name(status));
  }
}

}  // namespace

void TransitionLog::write(const health::Transition& transition, const Peer& peer) const {
  const bool is_end_of_ramp =
      transition.from == health::PeerStatus::slow_start && transition.to == health::PeerStatus::healthy;
  const bool is_by_check = !step.empty() && !transition.is_by_time;
  const auto level = is_bad_news(transition.to) ? conf::LogLevel::warn
                     : is_end_of_ramp           ? conf::LogLevel::info
                                                : conf::LogLevel::notice;
  if (!log.enabled(level)) return;
  std::string text = subject(transition.to);
  if (is_by_check) {
    text.append(" ").append(step).append(", health check \"").append(check).append("\" of");
  } else {
    text += ",";
  }
  text.append(" peer ").append(peer.address_text);
  if (!group.empty()) text.append(" in upstream \"").append(group).append("\"");
  std::string_view cause = transition.cause;  // of a check: STEP: REASON
  if (is_by_check && cause.starts_with(step)) cause.remove_prefix(std::min(cause.size(), step.size() + 2));
  log.write(level, 0, text.append(": ").append(cause));
}

}  // namespace drishti::upstream
