#include "tls/replay_guard.hpp"

#include <utility>

namespace drishti::tls {

bool ReplayGuard::is_first(const Hello& hello, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  turn(now);
  if (recent_.size() >= most || older_.contains(hello)) return false;
  return recent_.insert(hello).second;
}

void ReplayGuard::turn(Clock::time_point now) {
  if (now < turned_ + window) return;
  older_ = std::exchange(recent_, {});
  if (now >= turned_ + 2 * window) older_.clear();
  turned_ = now;
}

}  // namespace drishti::tls
