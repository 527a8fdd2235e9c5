#pragma once
// outlier_detection of one group: takes the counts of its peers window by window and ejects. Control thread.

#include <random>

#include "health/outlier_detection.hpp"
#include "upstream/health_log.hpp"
#include "upstream/upstream_group.hpp"

namespace drishti::upstream {

class OutlierWatch {
 public:
  /// Call it often; it acts when a window is over.
  void look(const UpstreamGroup& group, health::Moment now, std::mt19937_64& random, const TransitionLog& changes);

 private:
  std::int64_t window_began_ms_ = 0;
};

}  // namespace drishti::upstream
