#include "server/cache_zones.hpp"

namespace drishti::server {
namespace {

conf::CacheFormat format_of(const conf::CacheZone& zone) { return zone.format.value_or(conf::CacheFormat::drishti); }

bool is_same_place(const ProcessZone& zone, const conf::CacheZone& configured) {
  if (!zone.redis) return configured.redis_url.empty();
  if (configured.redis_url.empty() || zone.redis->format != format_of(configured)) return false;
  const cache::redis::RedisUrl url = redis_url_of(configured);
  const cache::redis::RedisUrl& old = zone.redis->url;
  return url.kind == old.kind && url.tls == old.tls && url.user == old.user && url.password == old.password &&
         url.nodes == old.nodes && url.master_name == old.master_name && url.database == old.database &&
         url.timeout == old.timeout && url.prefix == old.prefix;
}

}  // namespace

void CacheZones::check(const conf::Config& config) {
  for (const auto& zone : config.cache_zones)
    if (!zone->redis_url.empty()) redis_url_of(*zone);
}

ProcessZone CacheZones::make(const conf::CacheZone& configured) {
  ProcessZone made{std::make_shared<cache::Zone>(configured.name, configured.memory), nullptr,
                   counted_.find_or_make({{"zone", configured.name}})};
  if (configured.redis_url.empty()) return made;
  made.redis = std::make_shared<RedisZone>(configured.name, workers_);
  made.redis->url = redis_url_of(configured);
  made.redis->max_entry = configured.max_entry;
  made.redis->format = format_of(configured);
  made.redis->zone = made.zone;
  if (!news_) news_ = std::make_unique<CacheNews>(log_, look_up_);
  news_->follow(made.redis);
  return made;
}

void CacheZones::drop(const ProcessZone& zone) {
  if (zone.redis) {
    news_->forget(zone.redis);
    zone.redis->hub.all_changed();  // nobody would tell those who wait
  }
  zone.zone->memory().clear();
}

void CacheZones::follow(const conf::Config& config) {
  std::map<std::string, ProcessZone> wanted;
  for (const auto& configured : config.cache_zones) {
    const auto old = zones_.find(configured->name);
    if (old == zones_.end() || !is_same_place(old->second, *configured)) {
      wanted[configured->name] = make(*configured);
    } else {
      wanted[configured->name] = old->second;
      old->second.zone->memory().resize(configured->memory);
    }
  }
  for (const auto& [name, zone] : zones_)
    if (wanted[name].zone != zone.zone) drop(zone);
  std::erase_if(wanted, [](const auto& entry) { return !entry.second.zone; });
  zones_ = std::move(wanted);
}

std::vector<ProcessZone> CacheZones::all() const {
  std::vector<ProcessZone> all;
  for (const auto& [name, zone] : zones_) all.push_back(zone);
  return all;
}

}  // namespace drishti::server
