#include "metrics/scaling/service_time.hpp"

#include <algorithm>
#include <vector>

namespace drishti::scaling {
namespace {

constexpr double stretches_in_window = 100;
constexpr double enough_requests = 10;
constexpr double patience = 10;        // stretches: then fewer requests are enough
constexpr std::size_t always_kept = 5;  // however old: better than nothing
constexpr double quantile = 0.1;

}  // namespace

void UnloadedServiceTime::add(Seconds now, const Change& change, bool is_loaded) {
  if (is_loaded) {
    open_ = {};
    begun_ = now;
    return;
  }
  if (open_.ended == 0) begun_ = now - change.elapsed;
  open_.ended += change.ended;
  open_.service_seconds += change.service_seconds;
  if (is_complete(now)) close(now);
}

bool UnloadedServiceTime::is_complete(Seconds now) const {
  const double stretches = (now - begun_) / (window_ / stretches_in_window);
  return stretches >= 1 && (open_.ended >= enough_requests || (stretches >= patience && open_.ended >= 1));
}

void UnloadedServiceTime::close(Seconds now) {
  open_.at = now;
  stretches_.push_back(open_);
  open_ = {};
  while (stretches_.size() > always_kept && stretches_.front().at < now - window_) stretches_.pop_front();
  std::vector<double> means;
  for (const Stretch& stretch : stretches_) means.push_back(stretch.service_seconds / stretch.ended);
  const auto rank = static_cast<std::ptrdiff_t>(quantile * static_cast<double>(means.size()));
  std::ranges::nth_element(means, means.begin() + rank);
  value_ = means[static_cast<std::size_t>(rank)];
}

}  // namespace drishti::scaling
