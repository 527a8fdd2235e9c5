#include "metrics/scaling/trend.hpp"

#include <cmath>
#include <vector>

namespace drishti::scaling {
namespace {

struct Point {
  double time = 0, rate = 0;
};

constexpr int points_wanted = 30;
constexpr int fewest_points = 5;
constexpr double clear_of_noise = 3;      // standard errors
constexpr double least_growth = 0.02;     // of the rate, over the window
constexpr Seconds farthest = 24 * 3600;

std::vector<Point> rates(const SampleSeries& series, Seconds window) {
  std::vector<Point> points;
  const UpstreamSample* from = nullptr;
  for (const UpstreamSample& sample : series.samples()) {
    if (sample.at < series.samples().back().at - window) continue;
    if (from != nullptr && sample.at - from->at < window / points_wanted) continue;
    if (from != nullptr) points.push_back({(sample.at + from->at) / 2, change_between(*from, sample).arrival_rate()});
    from = &sample;
  }
  return points;
}

}  // namespace

std::optional<Trend> arrival_trend(const SampleSeries& series, Seconds window) {
  if (!series.covers(window / 3)) return std::nullopt;
  const std::vector<Point> points = rates(series, window);
  const auto count = static_cast<double>(points.size());
  if (count < fewest_points) return std::nullopt;
  double time = 0, rate = 0;
  for (const Point& point : points) time += point.time / count, rate += point.rate / count;
  double spread = 0, together = 0, residue = 0;
  for (const Point& point : points) {
    spread += (point.time - time) * (point.time - time);
    together += (point.time - time) * (point.rate - rate);
  }
  const double slope = together / spread;
  for (const Point& point : points) residue += std::pow(point.rate - rate - slope * (point.time - time), 2);
  const double error = std::sqrt(residue / (count - 2) / spread);
  const bool is_clear = std::abs(slope) > clear_of_noise * error && std::abs(slope) * window > least_growth * rate;
  if (!is_clear) return Trend{rate, 0};
  return Trend{rate + slope * (series.samples().back().at - time), slope};
}

std::optional<Seconds> time_to_reach(double capacity, const Trend& trend) {
  if (trend.rate >= capacity) return 0;
  if (trend.slope <= 0) return std::nullopt;
  const Seconds left = (capacity - trend.rate) / trend.slope;
  return left <= farthest ? std::optional(left) : std::nullopt;
}

}  // namespace drishti::scaling
