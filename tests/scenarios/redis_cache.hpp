#pragma once
// A zone of the response cache with a real redis-server behind it.

#include "tests/redis/redis_process.hpp"
#include "tests/scenarios/cache.hpp"
#include "tests/support/patience.hpp"

namespace drishti::testing {

using cache::redis::Reply;
using cache::redis::testing::RedisCli;
using cache::redis::testing::RedisProcess;

/// As cache_config(), with the zone's first argument URL. ZONE: more parameters of proxy_cache_path.
inline std::string redis_config(const FakeUpstream& upstream, const std::string& url, const std::string& more = {},
                                const std::string& zone = {}) {
  return http_config("keepalive_requests 1000000;\nproxy_cache_path " + url + " keys_zone=z:16m " + zone +
                     ";\nserver { listen 127.0.0.1:@port@; location / {\nproxy_pass http://" + upstream.address() +
                     ";\nproxy_cache z; add_header X-Cache $upstream_cache_status always;\n" + more + "\n} }");
}

inline std::vector<std::string> keys_in(const RedisProcess& redis, const std::string& pattern) {
  std::vector<std::string> names;
  for (const Reply& name : redis.cli({"KEYS", pattern}).elements) names.push_back(name.text);
  return names;
}

/// The one entry that stands in REDIS; empty when there are none or several.
inline std::string only_entry(const RedisProcess& redis) {
  const auto names = keys_in(redis, "drishti:z:e:*");
  return names.size() == 1 ? names.front() : std::string();
}

/// The connections that PROXIES proxies keep to hear of changes: one each that listens, and one that is tracked.
inline bool are_heard(const RedisProcess& redis, std::size_t proxies) {
  const std::string clients = redis.cli({"CLIENT", "LIST"}).text;
  std::size_t tracked = 0;
  for (std::size_t at = clients.find(" flags="); at != std::string::npos; at = clients.find(" flags=", at + 1)) {
    const std::string flags = clients.substr(at + 7, clients.find(' ', at + 7) - at - 7);
    tracked += flags.find('t') != std::string::npos || flags.find('B') != std::string::npos ? 1 : 0;
  }
  return tracked >= proxies;
}

/// All of COUNT proxies with WORKERS workers have their connections: one a worker, and three to hear of changes.
inline bool are_connected(const RedisProcess& redis, std::size_t count, std::size_t workers) {
  const std::string clients = redis.cli({"CLIENT", "LIST"}).text;
  std::size_t named = 0;
  for (std::size_t at = clients.find(" name=drishti"); at != std::string::npos; at = clients.find(" name=drishti", at + 1)) ++named;
  return named >= count * (workers + 3) && are_heard(redis, count);
}

/// How often REDIS has carried out COMMAND, in small letters.
inline std::uint64_t calls_of(const RedisProcess& redis, const std::string& command) {
  const std::string stats = redis.cli({"INFO", "commandstats"}).text, name = "cmdstat_" + command + ":calls=";
  const std::size_t at = stats.find(name);
  return at == std::string::npos ? 0 : std::stoull(stats.substr(at + name.size()));
}

/// Waits until PROXY answers for PATH without a question to REDIS: it hears of changes there, and uses its memory.
inline bool answers_without_redis(const RedisProcess& redis, const ProxyUnderTest& proxy, const std::string& path) {
  return eventually([&] {
    const std::uint64_t before = calls_of(redis, "get");
    return get(proxy, path).field("X-Cache") == "HIT" && calls_of(redis, "get") == before;
  });
}

/// Waits until the copy in memory is used: every change in Redis is heard of.
inline bool answers_from_memory(const ProxyUnderTest& proxy, const std::string& path) {
  return eventually([&] { return get(proxy, path).field("X-Cache") == "HIT"; });
}

}  // namespace drishti::testing
