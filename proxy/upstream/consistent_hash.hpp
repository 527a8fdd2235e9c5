#pragma once
// hash KEY consistent: a ketama ring of 160 points a unit of weight, point by point nginx's (and Cache::Memcached::Fast's).

#include "upstream/balancer.hpp"

namespace drishti::upstream {

class ConsistentHash final : public Balancer {
 public:
  ConsistentHash(std::shared_ptr<UpstreamGroup> group, unsigned worker_index)
      : Balancer(std::move(group), worker_index) {}

 private:
  // Points belong to a `server` line, not to an address: addresses of one name share its points by round robin.
  struct Point {
    std::uint32_t hash;
    std::string_view server;
  };
  std::size_t choose(PickRequest& request, Range range) override;
  void membership_changed() override;
  void add_points(const Peer& peer);
  std::size_t find(std::string_view key) const;

  std::vector<Point> ring_;  // sorted by hash
};

}  // namespace drishti::upstream
