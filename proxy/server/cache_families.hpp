#pragma once
// Families about the zones of the response cache: outcomes, memory, Redis.

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <mutex>
#include <vector>

#include "server/cache_zones.hpp"

namespace drishti::server {

class CacheCollector : public prometheus::Collectable {
 public:
  /// Control thread: the zones of the configuration in force.
  void use(std::vector<ProcessZone> zones);
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  mutable std::mutex mutex_;
  std::vector<ProcessZone> zones_;
};

}  // namespace drishti::server
