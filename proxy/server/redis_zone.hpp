#pragma once
// A zone whose second layer is Redis: what the process has of it, and what each worker has.

#include <memory>
#include <string>

#include "cache/redis/change_hub.hpp"
#include "cache/redis/invalidation.hpp"
#include "cache/redis/redis_url.hpp"
#include "cache/redis/refusal.hpp"
#include "cache/shared_store.hpp"
#include "cache/zone.hpp"
#include "conf/config.hpp"
#include "metrics/per_worker.hpp"

namespace drishti::server {

/// Of each worker, and of the thread that hears of changes.
struct RedisCounters {
  explicit RedisCounters(unsigned workers) : all(workers + 1) {}
  unsigned workers() const { return static_cast<unsigned>(all.all().size()) - 1; }
  cache::redis::RedisMetrics& of_news() const { return all.of(workers()); }

  metrics::PerWorker<cache::redis::RedisMetrics> all;
};

/// Any thread.
struct RedisZone {
  RedisZone(std::string name, unsigned workers) : zone_name(std::move(name)), refusals(zone_name), counters(workers) {}

  const std::string zone_name;
  cache::redis::RedisUrl url;
  std::uint64_t max_entry = 0;
  conf::CacheFormat format = conf::CacheFormat::drishti;
  std::shared_ptr<cache::Zone> zone;
  cache::redis::ChangeHub hub;
  cache::redis::RefusalLog refusals;
  RedisCounters counters;
};

/// The URL of ZONE with what its own parameters say. Throws conf::ConfigError.
cache::redis::RedisUrl redis_url_of(const conf::CacheZone& zone);

/// How a worker reaches Redis; its thread only, but for POST. Connects at once. Call stop() before the loop ends.
class WorkerRedis {
 public:
  virtual ~WorkerRedis() = default;
  virtual cache::SharedStore& store() = 0;
  virtual void stop() = 0;
};
std::shared_ptr<WorkerRedis> connect_worker(std::shared_ptr<RedisZone> zone, unsigned worker, net::Reactor& reactor,
                                            net::ErrorLog& log, cache::redis::Resolve resolve, cache::redis::ChangeHub::Post post);

}  // namespace drishti::server
