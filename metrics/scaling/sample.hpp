#pragma once
// What is known of an upstream at one moment, and what changed between two of them. Pure: time is an argument.

#include <deque>
#include <optional>

namespace drishti::scaling {

/// Of a steady clock that may begin anywhere.
using Seconds = double;

/// Counters go up only; all workers added up.
struct UpstreamSample {
  Seconds at = 0;
  double arrived = 0;          ///< requests that turned to the upstream; may be off by those of the very moment
  double ended = 0;            ///< whose part there is over
  double failed = 0;           ///< of those: 5xx, or no answer
  double service_seconds = 0;  ///< sum of what those took
  double busy_seconds = 0;     ///< integral of the requests in progress
  int peers = 0;               ///< servers that are meant to serve
  int healthy = 0;             ///< of those: may be chosen now
};

/// Between two samples.
struct Change {
  Seconds elapsed = 0;
  double arrived = 0, ended = 0, failed = 0, service_seconds = 0, busy_seconds = 0;

  double arrival_rate() const { return elapsed > 0 && arrived > 0 ? arrived / elapsed : 0; }
  double throughput() const { return elapsed > 0 ? ended / elapsed : 0; }
  /// Mean number of requests in progress.
  double concurrency() const { return elapsed > 0 ? busy_seconds / elapsed : 0; }
  double mean_service() const { return ended > 0 ? service_seconds / ended : 0; }
  double failed_share() const { return ended > 0 ? failed / ended : 0; }
};

/// The samples of the recent past.
class SampleSeries {
 public:
  explicit SampleSeries(Seconds kept) : kept_(kept) {}

  void keep(Seconds kept) { kept_ = kept; }
  /// In the order of time. A counter that fell began anew: what was before says nothing then.
  void add(const UpstreamSample& sample);
  /// The change over the last WINDOW, or over as much as there is; nothing before the second sample.
  std::optional<Change> change(Seconds window) const;
  /// Whether the samples reach back that far.
  bool covers(Seconds window) const { return !samples_.empty() && samples_.back().at - samples_.front().at >= window; }
  /// Whether as many servers were healthy during all of WINDOW as are now.
  bool has_same_peers(Seconds window) const;
  const std::deque<UpstreamSample>& samples() const { return samples_; }

 private:
  Seconds kept_;
  std::deque<UpstreamSample> samples_;
};

/// From A to B.
Change change_between(const UpstreamSample& a, const UpstreamSample& b);

}  // namespace drishti::scaling
