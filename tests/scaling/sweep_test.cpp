// The whole advisor of an upstream against servers of known capacity, in simulated time.

#include <gtest/gtest.h>

#include <cmath>

#include "metrics/scaling/report.hpp"
#include "tests/scaling/simulated_upstream.hpp"

namespace drishti::scaling {
namespace {

using std::chrono::milliseconds;

/// Up and down again once, in PERIOD seconds, between LEAST and MOST.
double wave(Seconds at, Seconds period, double least, double most) {
  const double phase = std::fmod(at / period, 1.0);
  return least + (most - least) * (phase < 0.5 ? 2 * phase : 2 - 2 * phase);
}

int knee(double rate, double capacity) { return std::max(1, static_cast<int>(std::ceil(rate / capacity))); }

struct Shape {
  const char* name;
  int slots;
  Seconds service;
  bool is_random;
};
void PrintTo(const Shape& shape, std::ostream* out) { *out << shape.name; }

class Sweep : public ::testing::TestWithParam<Shape> {};

struct Course {
  int changes = 0;          ///< of the advice
  int turns = 0;            ///< from more to fewer or back
  int far_away = 0;         ///< seconds more than one server from the knee, on the way up
  int too_few = 0;          ///< seconds with fewer than the knee
  double last_capacity = 0;
};

/// Follows the advice, as a scaler would: a server more is there 10 s later, a server fewer at once.
Course follow_wave(const Shape& shape, Seconds period, double most_peers, Seconds judged_from) {
  SimulatedUpstream upstream({1, shape.slots, shape.service, shape.is_random});
  conf::ScalingSettings settings;
  UpstreamAdvisor advisor("api", settings);
  Course course;
  int before = 1, direction = 0;
  Seconds changed_at = 0;
  for (Seconds at = 0; at < period; ++at) {
    const double rate = wave(at, period, 0.1, most_peers) * upstream.peer_capacity();
    advisor.add(upstream.run_second(rate));
    const int required = advisor.advice().required;
    if (required != before) {
      const int now = required > before ? 1 : -1;
      ++course.changes;
      course.turns += direction != 0 && now != direction ? 1 : 0;
      direction = now;
      changed_at = at;
    }
    before = required;
    if (required < upstream.peers() || at >= changed_at + 10) upstream.set_peers(required);
    if (at < judged_from) continue;
    const bool rises = at < period / 2;
    if (rises && std::abs(required - knee(rate, upstream.peer_capacity())) > 1) ++course.far_away;
    if (required < knee(rate, upstream.peer_capacity())) ++course.too_few;
  }
  course.last_capacity = advisor.advice().peer_capacity / upstream.peer_capacity();
  return course;
}

TEST_P(Sweep, IsFollowedWithinOneServerAndWithoutFlapping) {
  const Course course = follow_wave(GetParam(), 3600, 4, 900);
  EXPECT_EQ(course.far_away, 0);
  EXPECT_EQ(course.too_few, 0);
  EXPECT_EQ(course.turns, 1) << "up with the load, down with the load";
  EXPECT_LE(course.changes, 12);
  EXPECT_NEAR(course.last_capacity, 1, 0.2);
}

INSTANTIATE_TEST_SUITE_P(Servers, Sweep,
                         ::testing::Values(Shape{"one place, random", 1, 0.01, true},
                                           Shape{"four places, random", 4, 0.02, true},
                                           Shape{"four places, regular", 4, 0.02, false},
                                           Shape{"many places, random", 32, 0.2, true}));

}  // namespace
}  // namespace drishti::scaling
