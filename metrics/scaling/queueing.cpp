#include "metrics/scaling/queueing.hpp"

#include <cmath>
#include <limits>

namespace drishti::scaling {

double inflation(double slots, double utilization) {
  if (utilization >= 1) return std::numeric_limits<double>::infinity();
  return 1 + std::pow(utilization, std::sqrt(2 * (slots + 1)) - 1) / (slots * (1 - utilization));
}

double slots_for(double busy, double inflated) {
  constexpr int halvings = 60;
  double least = busy, most = busy * 64 + 64;  // inflation falls as places are added
  for (int i = 0; i < halvings; ++i) {
    const double middle = (least + most) / 2;
    (inflation(middle, busy / middle) > inflated ? least : most) = middle;
  }
  return most;
}

}  // namespace drishti::scaling
