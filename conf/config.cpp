#include "conf/config.hpp"

#include <strings.h>

namespace drishti::conf {

bool FailureWords::lists_status(int status) const {
  switch (status) {
    case 500: return http_500;
    case 502: return http_502;
    case 503: return http_503;
    case 504: return http_504;
    case 403: return http_403;
    case 404: return http_404;
    case 429: return http_429;
    default: return false;
  }
}

std::shared_ptr<CacheZone> Config::find_cache_zone(std::string_view name) const {
  for (const auto& zone : cache_zones)
    if (zone->name == name) return zone;
  return nullptr;
}

const Upstream* Config::find_upstream(std::string_view name) const {
  for (const auto& upstream : upstreams)
    if (upstream->name.size() == name.size() && strncasecmp(upstream->name.data(), name.data(), name.size()) == 0)
      return upstream.get();
  return nullptr;
}

}  // namespace drishti::conf
