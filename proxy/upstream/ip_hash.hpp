#pragma once
// ip_hash: clients of one /24 (IPv4) or one address (IPv6) stay with one peer; nginx's hash, so that clients keep
// their peer when nginx is replaced.

#include "upstream/balancer.hpp"

namespace drishti::upstream {

class IpHash final : public Balancer {
 public:
  IpHash(std::shared_ptr<UpstreamGroup> group, unsigned worker_index) : Balancer(std::move(group), worker_index) {}

 private:
  std::size_t choose(PickRequest& request, Range range) override;
  void membership_changed() override { line_.rebuild(slots(), primaries()); }

  WeightLine line_;
};

}  // namespace drishti::upstream
