#pragma once
// least_conn: the fewest requests in flight by weight, counted for the whole process; ties go to weighted round robin.

#include "upstream/balancer.hpp"

namespace drishti::upstream {

class LeastConn final : public Balancer {
 public:
  LeastConn(std::shared_ptr<UpstreamGroup> group, unsigned worker_index)
      : Balancer(std::move(group), worker_index) {}

 private:
  std::size_t choose(PickRequest& request, Range range) override;
};

}  // namespace drishti::upstream
