#pragma once
// Smooth weighted round robin, the default method: weights 5,1,1 give a a b a c a a.

#include "upstream/balancer.hpp"

namespace drishti::upstream {

class RoundRobin final : public Balancer {
 public:
  RoundRobin(std::shared_ptr<UpstreamGroup> group, unsigned worker_index)
      : Balancer(std::move(group), worker_index) {}

 private:
  std::size_t choose(PickRequest& request, Range range) override { return round_robin(request, range); }
};

}  // namespace drishti::upstream
