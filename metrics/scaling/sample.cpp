#include "metrics/scaling/sample.hpp"

#include <algorithm>

namespace drishti::scaling {
namespace {

bool has_begun_anew(const UpstreamSample& before, const UpstreamSample& now) {
  return now.ended < before.ended || now.failed < before.failed || now.service_seconds < before.service_seconds || now.busy_seconds < before.busy_seconds;
}

}  // namespace

Change change_between(const UpstreamSample& a, const UpstreamSample& b) {
  return {b.at - a.at,         b.arrived - a.arrived,
          b.ended - a.ended,   b.failed - a.failed,
          b.service_seconds - a.service_seconds, b.busy_seconds - a.busy_seconds};
}

void SampleSeries::add(const UpstreamSample& sample) {
  if (!samples_.empty() && has_begun_anew(samples_.back(), sample)) samples_.clear();
  samples_.push_back(sample);
  // The oldest one that is needed is the last one before the window.
  while (samples_.size() > 2 && samples_[1].at <= sample.at - kept_) samples_.pop_front();
}

std::optional<Change> SampleSeries::change(Seconds window) const {
  if (samples_.size() < 2) return std::nullopt;
  const Seconds from = samples_.back().at - window;
  auto first = std::ranges::upper_bound(samples_, from, {}, &UpstreamSample::at);
  if (first != samples_.begin()) --first;
  if (first == samples_.end() - 1) --first;
  return change_between(*first, samples_.back());
}

bool SampleSeries::has_same_peers(Seconds window) const {
  if (samples_.empty()) return false;
  const UpstreamSample& now = samples_.back();
  return std::ranges::all_of(samples_, [&](const UpstreamSample& sample) {
    return sample.at < now.at - window || sample.healthy == now.healthy;
  });
}

}  // namespace drishti::scaling
