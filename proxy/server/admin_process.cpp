#include "server/admin_process.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>

#include "cache/cache_key.hpp"
#include "metrics/family.hpp"
#include "request/cache_purge.hpp"
#include "server/cache_zones.hpp"
#include "server/certificate_keeper.hpp"
#include "server/config_collector.hpp"
#include "server/worker.hpp"
#include "upstream/health_keeper.hpp"
#include "upstream/name_resolver.hpp"

namespace drishti::server {

using admin::PurgeResult;
using admin::PurgeWish;
using Done = std::function<void(PurgeResult)>;

namespace {

/// Without what may be a secret in it.
std::string without_user(std::string url) {
  const auto slashes = url.find("//");
  const auto at = url.rfind('@');
  if (slashes != url.npos && at != url.npos && at > slashes) url.erase(slashes + 2, at - slashes - 1);
  return url;
}

std::string place_of(const conf::CacheZone* zone) {
  return zone == nullptr || zone->redis_url.empty() ? "memory" : without_user(zone->redis_url);
}

admin::RedisState redis_state(const RedisCounters& counted) {
  using cache::redis::RedisMetrics;
  admin::RedisState state;
  state.workers = counted.workers();
  for (unsigned worker = 0; worker < counted.workers(); ++worker)
    state.workers_connected += counted.all.of(worker).connections.value() > 0 ? 1 : 0;
  state.hits = metrics::sum(counted.all, [](const RedisMetrics& one) { return one.hits.value(); });
  state.misses = metrics::sum(counted.all, [](const RedisMetrics& one) { return one.misses.value(); });
  for (std::size_t kind = 1; kind < static_cast<std::size_t>(cache::redis::ErrorKind::count_); ++kind)
    state.errors += metrics::sum(counted.all, [&](const RedisMetrics& one) { return one.errors[kind].value(); });
  return state;
}

cache::Ban::Kind ban_kind(PurgeWish::Kind kind) {
  switch (kind) {
    case PurgeWish::Kind::prefix: return cache::Ban::Kind::prefix;
    case PurgeWish::Kind::tag: return cache::Ban::Kind::tag;
    case PurgeWish::Kind::url: break;
  }
  return cache::Ban::Kind::url;
}

struct ZoneToPurge {
  std::string name;
  bool is_middleware = false;  ///< its entries in Redis are known by their target alone, and by no bans
};

std::string target_of(const std::string& url) {
  const auto path = url.find('/', url.find("//") + 2);
  return path == url.npos ? "/" : url.substr(path);
}

net::Task<request::PurgedZone> purge_target(request::CacheZoneView& view, const std::string& target) {
  request::PurgedZone purged;
  purged.memory = view.zone->forget(cache::hash_key(target)) ? 1 : 0;
  purged.is_shared = co_await view.shared->remove(target);
  co_return purged;
}

/// On the worker's thread. All that it uses belongs to it or to the worker.
net::Detached purge_zones(Worker& worker, PurgeWish wish, std::vector<ZoneToPurge> zones, Done done) {
  PurgeResult result;
  const std::string target = target_of(wish.text);
  for (const ZoneToPurge& zone : zones) {
    request::CacheZoneView* view = worker.find_cache(zone.name);
    if (view == nullptr) continue;
    request::PurgedZone purged;
    if (zone.is_middleware && wish.kind == PurgeWish::Kind::url) {
      purged = co_await purge_target(*view, target);
    } else {
      purged = co_await request::purge_zone(*view, ban_kind(wish.kind), wish.text);
    }
    ++result.zones;
    result.memory += purged.memory;
    result.has_shared = result.has_shared || view->shared != nullptr;
    result.shared = result.shared && purged.is_shared;
  }
  done(result);
}

std::int64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

AdminProcess::AdminProcess(const AdminParts& parts) : parts_(parts), started_ms_(now_ms()) {}

metrics::ConnectionTotals AdminProcess::connections() const {
  std::vector<const metrics::WorkerMetrics*> workers;
  for (const auto& worker : parts_.workers) workers.push_back(&worker->metrics());
  return metrics::connection_totals(workers);
}

admin::ConfigState AdminProcess::config_state() const { return parts_.config_state.state(); }

std::vector<admin::CacheState> AdminProcess::caches() const {
  std::vector<admin::CacheState> states;
  for (const ProcessZone& zone : parts_.zones.all()) {
    const auto configured = parts_.current->config->find_cache_zone(zone.zone->name());
    const cache::MemoryStats stats = zone.zone->memory().stats();
    states.push_back({zone.zone->name(), configured ? configured->memory : 0, stats.bytes, stats.entries, stats.evictions,
                      place_of(configured.get()), {}, {}});
    for (std::size_t i = 0; i < metrics::cache_results.size(); ++i)
      states.back().requests[i] =
          metrics::sum(zone.counted->workers, [&](const metrics::CacheMetrics& worker) { return worker.requests[i].value(); });
    if (zone.redis) states.back().redis = redis_state(zone.redis->counters);
  }
  return states;
}

std::vector<admin::CertificateState> AdminProcess::certificates() const {
  std::vector<admin::CertificateState> states;
  for (const auto& context : parts_.certificates.contexts()->all())
    for (const tls::CertificateInfo& info : context->certificates())
      states.push_back({context->server().first_name, info.path, info.subject, info.issuer, info.serial, info.fingerprint,
                        info.key_type, info.names, info.not_before, info.not_after});
  return states;
}

upstream::RuntimeChanges& AdminProcess::changes() { return parts_.resolver.changes(); }

void AdminProcess::apply_changes(const std::string& name) {
  parts_.resolver.apply_changes(name);
  for (const auto& group : parts_.current->groups)
    if (group->config().name == name) parts_.health.changed(group);
}

void AdminProcess::purge(const PurgeWish& wish, Done done) {
  std::vector<ZoneToPurge> zones;
  for (const ProcessZone& zone : parts_.zones.all()) {
    if (!wish.zone.empty() && zone.zone->name() != wish.zone) continue;
    zones.push_back({zone.zone->name(), zone.redis && zone.redis->format == conf::CacheFormat::middleware});
  }
  Worker& worker = *parts_.workers.front();
  worker.post([&worker, &control = parts_.control, wish, zones = std::move(zones), done = std::move(done)]() mutable {
    purge_zones(worker, wish, std::move(zones), [&control, done = std::move(done)](PurgeResult result) {
      boost::asio::post(control, [done, result] { done(result); });
    });
  });
}

void AdminProcess::log(const std::string& text) { parts_.log.write(conf::LogLevel::notice, 0, "admin: " + text); }

}  // namespace drishti::server
