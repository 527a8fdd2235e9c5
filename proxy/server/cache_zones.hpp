#pragma once
// The zones of the response cache in this process. Control thread only; the zones themselves are everybody's.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cache/zone.hpp"
#include "conf/config.hpp"

namespace drishti::server {

class CacheZones {
 public:
  /// Makes CONFIG's zones, and changes the size of those that are there: what is stored survives a reload. A zone that
  /// CONFIG does not name ends with the requests that use it.
  void follow(const conf::Config& config);
  std::vector<std::shared_ptr<cache::Zone>> all() const;

 private:
  std::map<std::string, std::shared_ptr<cache::Zone>> zones_;
};

}  // namespace drishti::server
