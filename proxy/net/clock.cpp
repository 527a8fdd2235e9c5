#include "net/clock.hpp"

namespace drishti::net {

void Clock::update() {
  now_ = std::chrono::steady_clock::now();
  wall_ms_ = std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace drishti::net
