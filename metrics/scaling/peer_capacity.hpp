#pragma once
// How many requests a second one server can carry, learned from what happens under load.

#include <deque>
#include <optional>

#include "metrics/scaling/sample.hpp"

namespace drishti::scaling {

/// One look at a group, over a window in which its servers stayed the same. Rates are for one healthy server.
struct PeerLoad {
  Seconds at = 0;
  Seconds elapsed = 0;       ///< since the look before
  double throughput = 0;     ///< requests answered a second
  double concurrency = 0;    ///< requests in progress
  double inflation = 1;      ///< mean service time against the unloaded one
  double unloaded = 0;       ///< seconds
  double failed_share = 0;
};

/// Two figures: what a server carried without making anybody wait (proven), and the estimate of its limit, made while
/// requests queue (learned). The second falls below the first only slowly and only while they queue badly, so that a
/// database that stalls for a while does not pass for a small server.
class PeerCapacity {
 public:
  /// MEMORY: how long either is believed. EVIDENCE: how long requests have to queue until that is believed.
  PeerCapacity(Seconds memory, Seconds evidence) : memory_(memory), evidence_(evidence) {}

  void configure(Seconds memory, Seconds evidence) { memory_ = memory, evidence_ = evidence; }
  void observe(const PeerLoad& load);
  /// No look is possible now: what was seen of queueing has to be seen anew.
  void interrupt() { queueing_since_.reset(); }

  std::optional<double> learned() const { return learned_; }
  double proven() const;
  /// The learned one, or else the proven one; 0 when nothing was seen yet.
  double value() const { return learned_ ? *learned_ : proven(); }

 private:
  struct Peak {
    Seconds at = 0;
    double throughput = 0;
  };
  void remember_peak(const PeerLoad& load);
  void learn(const PeerLoad& load);
  void lower_slowly(double limit, Seconds elapsed);
  void forget(Seconds now);

  Seconds memory_;
  Seconds evidence_;
  std::deque<Peak> peaks_;  ///< falling: the greatest of the memory is in front
  std::optional<Seconds> queueing_since_;
  std::optional<double> learned_;
  Seconds learned_at_ = 0;
};

}  // namespace drishti::scaling
