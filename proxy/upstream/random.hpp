#pragma once
// random: by weight; `random two [least_conn]`: the less loaded of two.

#include "upstream/balancer.hpp"

namespace drishti::upstream {

class Random final : public Balancer {
 public:
  Random(std::shared_ptr<UpstreamGroup> group, unsigned worker_index, std::uint64_t seed, bool two)
      : Balancer(std::move(group), worker_index), state_(seed), two_(two) {}

 private:
  std::size_t choose(PickRequest& request, Range range) override;
  std::size_t less_loaded(std::size_t a, std::size_t b);
  void membership_changed() override { line_.rebuild(slots(), primaries()); }
  std::uint64_t next();

  WeightLine line_;
  std::uint64_t state_;
  bool two_;
};

}  // namespace drishti::upstream
