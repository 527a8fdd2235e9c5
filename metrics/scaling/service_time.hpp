#pragma once
// How long a request takes when it does not have to wait for others.

#include <deque>
#include <optional>

#include "metrics/scaling/sample.hpp"

namespace drishti::scaling {

/// The tenth part of the means of short stretches of time that is lowest, so that neither queueing at busy times nor a few
/// slow requests lift it. Stretches that were known to be loaded are left out altogether: an overload that lasts longer
/// than the window leaves the estimate as it was.
class UnloadedServiceTime {
 public:
  explicit UnloadedServiceTime(Seconds window) : window_(window) {}

  void look_back(Seconds window) { window_ = window; }
  /// What ended since the last call.
  void add(Seconds now, const Change& change, bool is_loaded);
  std::optional<Seconds> value() const { return value_; }

 private:
  struct Stretch {
    Seconds at = 0;
    double ended = 0, service_seconds = 0;
  };
  bool is_complete(Seconds now) const;
  void close(Seconds now);

  Seconds window_;
  Seconds begun_ = 0;
  Stretch open_;
  std::deque<Stretch> stretches_;
  std::optional<Seconds> value_;
};

}  // namespace drishti::scaling
