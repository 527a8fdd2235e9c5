#pragma once
// From demand to a number of servers: the stable and panic windows of Knative's autoscaler, a delay before fewer are
// advised, and a band around every step in which nothing changes.

#include <deque>
#include <optional>
#include <string_view>

#include "conf/scaling_settings.hpp"
#include "metrics/scaling/sample.hpp"

namespace drishti::scaling {

/// Why so many.
enum class Reason {
  warming_up,          ///< not watched for long enough yet
  capacity_unknown,    ///< nobody ever had to wait: what is there is enough
  proven_load,         ///< fewer carried as much before
  demand,              ///< demand against the learned capacity
  panic,               ///< demand rose steeply
  scale_in_delay,      ///< fewer would do, but not for long enough yet
  too_few_healthy,     ///< fewer than half are healthy: no time to take any away
  limit                ///< min_replicas or max_replicas
};
inline constexpr std::string_view reason_names[] = {"warming_up", "capacity_unknown", "proven_load",     "demand",
                                                    "panic",      "scale_in_delay",   "too_few_healthy", "limit"};

/// Demands are numbers of servers, with fractions.
struct Demand {
  Seconds at = 0;
  double stable = 0;
  double panic = 0;
  Reason basis = Reason::demand;  ///< demand, proven_load, capacity_unknown or warming_up
  int peers = 0;
  int healthy = 0;
};

struct Decision {
  int required = 0;
  Reason reason = Reason::warming_up;
  bool is_panic = false;
};

class ReplicaDecision {
 public:
  Decision decide(const Demand& demand, const conf::ScalingSettings& settings);

 private:
  bool update_panic(const Demand& demand, const conf::ScalingSettings& settings);
  int follow(const Demand& demand, double wanted, Seconds delay);

  struct Wish {
    Seconds at = 0;
    int replicas = 0;
  };
  std::optional<int> advised_;
  std::deque<Wish> wishes_;  ///< falling: the greatest of the delay is in front
  std::optional<Seconds> panic_until_;
  Seconds watched_since_ = -1;
};

}  // namespace drishti::scaling
