#include "health/outlier_detection.hpp"

#include <algorithm>
#include <optional>

namespace drishti::health {
namespace {

constexpr int longest_factor = 10;

double ratio(const PlaceCount& count) { return static_cast<double>(count.failures) / count.requests; }

bool has_enough(const Sibling& sibling, std::size_t place, const OutlierLimits& limits) {
  return sibling.is_in_use && sibling.counts[place].requests >= limits.requests;
}

// The median, of two in the middle the worse one.
std::optional<double> siblings_ratio(std::span<const Sibling> siblings, std::size_t self, std::size_t place,
                                     const OutlierLimits& limits) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < siblings.size(); ++i)
    if (i != self && has_enough(siblings[i], place, limits)) ratios.push_back(ratio(siblings[i].counts[place]));
  if (ratios.empty()) return std::nullopt;
  const auto middle = ratios.begin() + static_cast<std::ptrdiff_t>(ratios.size() / 2);
  std::ranges::nth_element(ratios, middle);
  return *middle;
}

struct Candidate {
  Outlier outlier;
  double excess = 0;
};

std::string percent(double part) { return std::to_string(static_cast<int>(part * 100 + 0.5)) + "%"; }

std::optional<Candidate> judge(std::span<const Sibling> siblings, std::size_t self, const OutlierLimits& limits) {
  std::optional<Candidate> worst;
  for (std::size_t place = 0; place < outlier_places; ++place) {
    if (!has_enough(siblings[self], place, limits)) continue;
    const auto others = siblings_ratio(siblings, self, place, limits);
    const PlaceCount& own = siblings[self].counts[place];
    if (!others || ratio(own) <= 3 * *others + 0.1) continue;
    const double excess = ratio(own) - *others;
    if (worst && worst->excess >= excess) continue;
    worst = Candidate{{self, std::to_string(own.failures) + " of " + std::to_string(own.requests) +
                                 " requests failed at a location where its siblings fail " + percent(*others)},
                      excess};
  }
  return worst;
}

}  // namespace

std::vector<Outlier> find_outliers(std::span<const Sibling> siblings, const OutlierLimits& limits) {
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < siblings.size(); ++i)
    if (auto candidate = judge(siblings, i, limits)) candidates.push_back(std::move(*candidate));
  std::ranges::stable_sort(candidates, std::ranges::greater(), &Candidate::excess);
  const auto keep = std::max<std::size_t>(1, (siblings.size() * static_cast<std::size_t>(limits.keep_percent) + 99) / 100);
  auto in_use = static_cast<std::size_t>(std::ranges::count_if(siblings, &Sibling::is_in_use));
  std::vector<Outlier> outliers;
  for (Candidate& candidate : candidates) {
    if (in_use-- <= keep) break;
    outliers.push_back(std::move(candidate.outlier));
  }
  return outliers;
}

std::chrono::milliseconds ejection_time(const OutlierLimits& limits, int times, double jitter) {
  const double factor = std::min(times + 1, longest_factor) * (0.8 + 0.4 * jitter);
  return std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(limits.ejection_time.count()) * factor));
}

int forget_ejections(int ejections, const OutlierLimits& limits, std::chrono::milliseconds quiet) {
  if (quiet.count() <= 0) return ejections;
  return static_cast<int>(std::max<std::int64_t>(0, ejections - quiet / limits.ejection_time));
}

}  // namespace drishti::health
