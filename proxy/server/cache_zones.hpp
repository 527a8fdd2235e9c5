#pragma once
// The zones of the response cache in this process. Control thread only; the zones themselves are everybody's.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "metrics/cache_metrics.hpp"
#include "server/cache_news.hpp"
#include "server/redis_zone.hpp"

namespace drishti::server {

/// A zone as it is handed to the workers.
struct ProcessZone {
  std::shared_ptr<cache::Zone> zone;
  std::shared_ptr<RedisZone> redis;  ///< null: the memory layer alone
  std::shared_ptr<metrics::CacheBlock> counted;
};

class CacheZones {
 public:
  /// WORKERS: how many count what they do.
  CacheZones(net::ErrorLog& log, CacheNews::LookUp look_up, unsigned workers)
      : log_(log), look_up_(std::move(look_up)), workers_(workers) {}

  /// Throws conf::ConfigError for what only this folder can tell: a URL of Redis that is none.
  static void check(const conf::Config& config);
  /// Makes CONFIG's zones, and changes the size of those that are there: what is stored survives a reload. A zone whose
  /// Redis is another one now begins anew; one that CONFIG does not name is emptied.
  void follow(const conf::Config& config);
  std::vector<ProcessZone> all() const;
  /// Ends the connections of this process's own; in front of the workers' end.
  void stop() { news_.reset(); }

 private:
  ProcessZone make(const conf::CacheZone& configured);
  void drop(const ProcessZone& zone);

  net::ErrorLog& log_;
  CacheNews::LookUp look_up_;
  unsigned workers_;
  metrics::BlockTable<metrics::CacheMetrics> counted_{workers_};
  std::unique_ptr<CacheNews> news_;  ///< made for the first zone with Redis
  std::map<std::string, ProcessZone> zones_;
};

}  // namespace drishti::server
