#pragma once
// Advice for one upstream, from its samples.

#include <optional>
#include <string>

#include "conf/scaling_settings.hpp"
#include "metrics/scaling/peer_capacity.hpp"
#include "metrics/scaling/replica_decision.hpp"
#include "metrics/scaling/sample.hpp"
#include "metrics/scaling/service_time.hpp"

namespace drishti::scaling {

/// What is said of an upstream. Rates are requests a second, of the stable window.
struct UpstreamAdvice {
  std::string name;
  int required = 0, present = 0, healthy = 0;
  Reason reason = Reason::warming_up;
  bool is_panic = false;
  double arrival_rate = 0;
  double concurrency = 0;          ///< mean number of requests in progress
  double mean_service = 0;         ///< seconds
  double unloaded_service = 0;     ///< seconds; 0: not known yet
  double peer_capacity = 0;        ///< what a server can carry; while it is not learned: what one carried
  bool is_learned = false;
  double utilization = 0;          ///< of the capacity; while it is not learned at most what is aimed at
  double headroom = 0;             ///< what the healthy servers could carry in addition
  std::optional<Seconds> to_saturation;  ///< at the present trend; nothing: not in sight
  double target_utilization = 0;   ///< as configured
};

class UpstreamAdvisor {
 public:
  explicit UpstreamAdvisor(std::string name, const conf::ScalingSettings& settings);

  /// What was learned stays.
  void configure(const conf::ScalingSettings& settings);
  /// About once a second.
  void add(const UpstreamSample& sample);
  const UpstreamAdvice& advice() const { return advice_; }

 private:
  void learn(const UpstreamSample& now);
  Demand demand(const UpstreamSample& now, const Change& stable, const Change& panic) const;
  void describe(const UpstreamSample& now, const Change& stable);
  double utilization(double carried) const;

  conf::ScalingSettings settings_;
  SampleSeries series_;
  UnloadedServiceTime unloaded_;
  PeerCapacity capacity_;
  ReplicaDecision decision_;
  UpstreamAdvice advice_;
};

}  // namespace drishti::scaling
