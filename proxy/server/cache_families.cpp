#include "server/cache_families.hpp"

#include "metrics/family.hpp"

namespace drishti::server {
namespace {

using cache::redis::ErrorKind;
using cache::redis::RedisMetrics;
using metrics::CacheMetrics;
using metrics::Family;
using metrics::Labels;

struct OutcomeFamilies {
  Family requests = Family::counter("drishti_cache_requests_total",
                                    "Requests that the cache was asked for, by $upstream_cache_status.");
  Family bytes = Family::counter("drishti_cache_response_bytes_total",
                                 "Bytes sent to clients, by $upstream_cache_status.");
  Family collapsed = Family::counter("drishti_cache_collapsed_total",
                                     "Requests answered by what another request fetched at that moment.");

  void add(const metrics::CacheBlock& zone) {
    auto total = [&](auto read) { return metrics::sum(zone.workers, read); };
    for (std::size_t i = 0; i < metrics::cache_results.size(); ++i) {
      const Labels labels = metrics::with(zone.labels, "result", metrics::cache_results[i]);
      requests.add(labels, total([&](const CacheMetrics& worker) { return worker.requests[i].value(); }));
      bytes.add(labels, total([&](const CacheMetrics& worker) { return worker.bytes[i].value(); }));
    }
    collapsed.add(zone.labels, total([](const CacheMetrics& worker) { return worker.collapsed.value(); }));
  }
};

struct MemoryFamilies {
  Family entries = Family::gauge("drishti_cache_memory_entries", "Responses that stand in memory.");
  Family bytes = Family::gauge("drishti_cache_memory_bytes", "Memory that they take.");
  Family limit = Family::gauge("drishti_cache_memory_limit_bytes", "Memory that they may take: the size of the zone.");
  Family evictions = Family::counter("drishti_cache_memory_evictions_total", "Responses that made room for others.");
  Family refused = Family::counter("drishti_cache_memory_refused_total",
                                   "Responses not taken: too large for the zone, or removed while they were fetched.");

  void add(const Labels& labels, const cache::MemoryStats& stats) {
    entries.add(labels, stats.entries);
    bytes.add(labels, stats.bytes);
    limit.add(labels, stats.capacity);
    evictions.add(labels, stats.evictions);
    refused.add(labels, stats.refused);
  }
};

/// Zones without Redis have no series here.
struct RedisFamilies {
  Family lookups = Family::counter("drishti_cache_redis_lookups_total", "Look-ups that Redis answered, by result.");
  Family errors = Family::counter("drishti_cache_redis_errors_total", "What Redis failed in, by kind.");
  Family refused = Family::counter("drishti_cache_redis_unavailable_total",
                                   "Commands that an open breaker answered at once, without Redis.");
  Family duration = Family::histogram("drishti_cache_redis_command_duration_seconds",
                                      "Time from a command to its reply.");
  Family breaker = Family::gauge("drishti_cache_redis_breaker_open", "Workers whose breaker is open: no Redis to ask.");
  Family connections = Family::gauge("drishti_cache_redis_connections", "Connections to Redis that are ready for use.");
  Family connects = Family::counter("drishti_cache_redis_connects_total", "Connections made and greeted.");
  Family invalidations = Family::counter("drishti_cache_redis_invalidations_total", "Changed keys that Redis named.");
  Family flushes = Family::counter("drishti_cache_redis_flushes_total",
                                   "Times that memory was emptied because changes may have been missed.");

  void add(const Labels& labels, const RedisCounters& counted);
  void add_errors(const Labels& labels, const RedisCounters& counted);
};

void RedisFamilies::add_errors(const Labels& labels, const RedisCounters& counted) {
  for (std::size_t kind = 1; kind < static_cast<std::size_t>(ErrorKind::count_); ++kind)
    errors.add(metrics::with(labels, "kind", name_of(static_cast<ErrorKind>(kind))),
               metrics::sum(counted.all, [&](const RedisMetrics& one) { return one.errors[kind].value(); }));
}

void RedisFamilies::add(const Labels& labels, const RedisCounters& counted) {
  auto total = [&](auto read) { return metrics::sum(counted.all, read); };
  lookups.add(metrics::with(labels, "result", "hit"), total([](const RedisMetrics& one) { return one.hits.value(); }));
  lookups.add(metrics::with(labels, "result", "miss"), total([](const RedisMetrics& one) { return one.misses.value(); }));
  add_errors(labels, counted);
  refused.add(labels, total([](const RedisMetrics& one) { return one.unavailable.value(); }));
  metrics::HistogramTotals latency;
  for (const RedisMetrics& one : counted.all.all()) latency.add(one.latency);
  duration.add(labels, latency);
  std::uint64_t open = 0;
  for (unsigned worker = 0; worker < counted.workers(); ++worker)
    open += counted.all.of(worker).connections.value() == 0 ? 1 : 0;
  breaker.add(labels, open);
  connections.add(labels, total([](const RedisMetrics& one) { return one.connections.value(); }));
  connects.add(labels, total([](const RedisMetrics& one) { return one.connects.value(); }));
  invalidations.add(labels, total([](const RedisMetrics& one) { return one.invalidations.value(); }));
  flushes.add(labels, total([](const RedisMetrics& one) { return one.flushes.value(); }));
}

}  // namespace

void CacheCollector::use(std::vector<ProcessZone> zones) {
  const std::lock_guard lock(mutex_);
  zones_ = std::move(zones);
}

std::vector<prometheus::MetricFamily> CacheCollector::Collect() const {
  const std::lock_guard lock(mutex_);
  OutcomeFamilies outcomes;
  MemoryFamilies memory;
  RedisFamilies redis;
  for (const ProcessZone& zone : zones_) {
    outcomes.add(*zone.counted);
    memory.add(zone.counted->labels, zone.zone->memory().stats());
    if (zone.redis) redis.add(zone.counted->labels, zone.redis->counters);
  }
  std::vector<prometheus::MetricFamily> families;
  for (Family* family :
       {&outcomes.requests, &outcomes.bytes, &outcomes.collapsed, &memory.entries, &memory.bytes, &memory.limit,
        &memory.evictions, &memory.refused, &redis.lookups, &redis.errors, &redis.refused, &redis.duration,
        &redis.breaker, &redis.connections, &redis.connects, &redis.invalidations, &redis.flushes}) {
    auto made = family->take();
    if (!made.metric.empty()) families.push_back(std::move(made));
  }
  return families;
}

}  // namespace drishti::server
