#include "metrics/scaling/peer_capacity.hpp"

#include <algorithm>

#include "metrics/scaling/queueing.hpp"

namespace drishti::scaling {
namespace {

constexpr double queueing_begins = 1.5;   // times the unloaded service time
constexpr double least_concurrency = 0.5; // with less in progress nobody waits: the work itself got slower
constexpr double most_failed = 0.1;       // errors are quicker or slower than work
constexpr double learning_rate = 0.2;     // a second, when there is no doubt about the queue
constexpr double lowering_rate = 0.01;    // a second, below what was carried before: a stall of a minute costs under half
constexpr double full_evidence = 4;       // times longer than unloaded: no doubt

}  // namespace

double PeerCapacity::proven() const { return peaks_.empty() ? 0 : peaks_.front().throughput; }

void PeerCapacity::observe(const PeerLoad& load) {
  forget(load.at);
  if (load.failed_share > most_failed || load.throughput <= 0) return interrupt();
  const bool is_queueing = load.inflation >= queueing_begins && load.concurrency >= least_concurrency;
  if (!is_queueing) {
    interrupt();
    remember_peak(load);
    if (learned_) learned_ = std::max(*learned_, load.throughput);
    return;
  }
  if (!queueing_since_) queueing_since_ = load.at;
  if (load.at - *queueing_since_ >= evidence_) learn(load);
}

void PeerCapacity::learn(const PeerLoad& load) {
  const double busy = load.throughput * load.unloaded;
  double limit = load.throughput * slots_for(busy, load.inflation) / busy;
  learned_at_ = load.at;
  if (limit < proven()) {
    if (load.inflation >= full_evidence) return lower_slowly(limit, load.elapsed);
    limit = proven();
  }
  const double trust = std::min(1.0, (load.inflation - 1) / (full_evidence - 1));
  const double gain = std::min(1.0, learning_rate * trust * trust * load.elapsed);
  learned_ = learned_ ? *learned_ + gain * (limit - *learned_) : limit;
}

// Either the servers can do less than they could, or something behind them stalls. What is true shows with time.
void PeerCapacity::lower_slowly(double limit, Seconds elapsed) {
  const double now = std::min(learned_.value_or(proven()), proven());
  learned_ = std::max(limit, now * (1 - std::min(1.0, lowering_rate * elapsed)));
  for (Peak& peak : peaks_) peak.throughput = std::min(peak.throughput, *learned_);
}

void PeerCapacity::remember_peak(const PeerLoad& load) {
  while (!peaks_.empty() && peaks_.back().throughput <= load.throughput) peaks_.pop_back();
  constexpr std::size_t most_peaks = 256;
  if (peaks_.size() >= most_peaks) peaks_.pop_back();
  peaks_.push_back({load.at, load.throughput});
}

void PeerCapacity::forget(Seconds now) {
  while (!peaks_.empty() && peaks_.front().at < now - memory_) peaks_.pop_front();
  if (learned_ && learned_at_ < now - memory_) learned_.reset();
}

}  // namespace drishti::scaling
