#pragma once
// hash KEY: nginx's crc32 hash over the sum of weights, compatible with Cache::Memcached.

#include "upstream/balancer.hpp"

namespace drishti::upstream {

class Hash final : public Balancer {
 public:
  Hash(std::shared_ptr<UpstreamGroup> group, unsigned worker_index) : Balancer(std::move(group), worker_index) {}

 private:
  std::size_t choose(PickRequest& request, Range range) override;
  void membership_changed() override { line_.rebuild(slots(), primaries()); }

  WeightLine line_;
};

}  // namespace drishti::upstream
