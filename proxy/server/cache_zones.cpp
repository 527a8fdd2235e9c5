#include "server/cache_zones.hpp"

namespace drishti::server {

void CacheZones::follow(const conf::Config& config) {
  std::map<std::string, std::shared_ptr<cache::Zone>> wanted;
  for (const auto& configured : config.cache_zones) {
    const auto old = zones_.find(configured->name);
    auto& zone = wanted[configured->name];
    if (old == zones_.end()) {
      zone = std::make_shared<cache::Zone>(configured->name, configured->memory);
    } else {
      zone = old->second;
      zone->memory().resize(configured->memory);
    }
  }
  zones_ = std::move(wanted);
}

std::vector<std::shared_ptr<cache::Zone>> CacheZones::all() const {
  std::vector<std::shared_ptr<cache::Zone>> all;
  for (const auto& [name, zone] : zones_) all.push_back(zone);
  return all;
}

}  // namespace drishti::server
