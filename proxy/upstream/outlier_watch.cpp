#include "upstream/outlier_watch.hpp"

#include <chrono>

namespace drishti::upstream {
namespace {

using std::chrono::milliseconds;

health::OutlierLimits limits_of(const conf::OutlierDetection& config) {
  return {static_cast<std::uint32_t>(config.requests), config.keep_percent, config.ejection_time};
}

bool is_in_use(const Peer& peer, health::Moment now) {
  return !peer.down && peer.state->health.available(peer.limits(), now.steady_ms / 1000) &&
         peer.state->health.passes_gate();
}

void eject(const Peer& peer, const health::OutlierLimits& limits, const std::string& reason, health::Moment now,
           double jitter, const TransitionLog& changes) {
  health::OutlierTally& tally = *peer.state->health.outliers();
  const milliseconds quiet(now.steady_ms - tally.ejected_until_ms);
  tally.ejections = health::forget_ejections(tally.ejections, limits, quiet);
  const milliseconds time = health::ejection_time(limits, tally.ejections++, jitter);
  tally.ejected_until_ms = now.steady_ms + time.count();
  const std::string cause = reason + ", for " + std::to_string(time.count()) + "ms";
  const auto changed =
      peer.state->health.on({health::Event::Kind::ejected, cause, 0, tally.ejected_until_ms}, now);
  if (changed) changes.write(*changed, peer);
}

}  // namespace

void OutlierWatch::look(const UpstreamGroup& group, health::Moment now, std::mt19937_64& random,
                        const TransitionLog& changes) {
  const conf::OutlierDetection& config = *group.config().outlier_detection;
  if (now.steady_ms - window_began_ms_ < config.window.count()) return;
  const bool is_first = window_began_ms_ == 0;
  window_began_ms_ = now.steady_ms;
  const auto peers = group.peers();
  std::vector<health::Sibling> siblings;
  for (std::size_t i = 0; i < peers->primaries.size(); ++i) {
    const Peer& peer = *peers->primaries[i];
    siblings.push_back({peer.state->health.outliers()->take(), is_in_use(peer, now)});
  }
  if (is_first) return;  // counts of an unknown time
  const health::OutlierLimits limits = limits_of(config);
  for (const health::Outlier& outlier : health::find_outliers(siblings, limits)) {
    const double jitter = std::uniform_real_distribution<double>(0, 1)(random);
    eject(*peers->primaries[outlier.index], limits, outlier.reason, now, jitter, changes);
  }
}

}  // namespace drishti::upstream
