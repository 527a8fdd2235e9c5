#pragma once
// The shared session caches of a configuration: a name has one size.

#include <map>
#include <string>

#include "conf/ssl_settings.hpp"

namespace drishti::conf {

class SessionCacheTable {
 public:
  /// Throws ConfigError when the zone has another size already.
  void add(const SslSessionCache& cache, const Where& where) {
    const auto [entry, is_new] = sizes_.emplace(cache.zone, cache.size);
    if (is_new || entry->second == cache.size) return;
    throw ConfigError("the size " + std::to_string(cache.size) + " of shared memory zone \"" + cache.zone +
                          "\" conflicts with already declared size " + std::to_string(entry->second),
                      where);
  }

 private:
  std::map<std::string, std::uint64_t> sizes_;
};

}  // namespace drishti::conf
