#include "admin/status_json.hpp"

#include <unistd.h>

#include <chrono>
#include <set>

#include "admin/histogram_json.hpp"
#include "http/product.hpp"
#include "metrics/family.hpp"

namespace drishti::admin {
namespace {

using metrics::CodeClasses;

std::int64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

json::object connections_json(const metrics::ConnectionTotals& totals) {
  return {{"accepted", totals.accepted}, {"active", totals.active},       {"reading", totals.reading},
          {"writing", totals.writing},   {"waiting", totals.waiting()}};
}

json::string_view view(std::string_view text) { return {text.data(), text.size()}; }

json::value redis_json(const RedisState& redis) {
  return json::object{{"workers", redis.workers},
                      {"workers_connected", redis.workers_connected},
                      {"hits", redis.hits},
                      {"misses", redis.misses},
                      {"errors", redis.errors}};
}

/// Several places of one name share a block, which counts once.
template <class Blocks, class Use>
void for_each_distinct(const Blocks& blocks, Use use) {
  std::set<const void*> seen;
  for (const auto& block : blocks)
    if (seen.insert(block.get()).second) use(*block);
}

}  // namespace

json::value status_json(const Process& process) {
  const ConfigState config = process.config_state();
  return json::object{{"version", text(http::product_version)},
                      {"pid", ::getpid()},
                      {"started", seconds_since_1970(process.started_ms())},
                      {"now", seconds_since_1970(now_ms())},
                      {"generation", config.generation},
                      {"connections", connections_json(process.connections())}};
}

json::value traffic_json(const Process& process) {
  const routing::SnapshotMetrics& counted = process.snapshot().metrics;
  std::array<std::uint64_t, CodeClasses::size> codes{};
  for_each_distinct(counted.locations, [&](const metrics::LocationBlock& block) {
    for (std::size_t i = 0; i < codes.size(); ++i)
      codes[i] += metrics::sum(block.workers, [&](const auto& worker) { return worker.responses.value(i); });
  });
  metrics::HistogramTotals latency;
  std::uint64_t received = 0, sent = 0;
  for_each_distinct(counted.servers, [&](const metrics::ServerBlock& block) {
    for (const metrics::ServerMetrics& worker : block.workers.all()) {
      latency.add(worker.duration);
      received += worker.request_bytes.value();
      sent += worker.response_bytes.value();
    }
  });
  json::object responses;
  for (std::size_t i = 0; i < codes.size(); ++i)
    responses[view(CodeClasses::names[i])] = codes[i];
  const metrics::ConnectionTotals connections = process.connections();
  return json::object{{"now", seconds_since_1970(now_ms())},
                      {"connections", connections_json(connections)},
                      {"requests", connections.requests},
                      {"responses", std::move(responses)},
                      {"received_bytes", received},
                      {"sent_bytes", sent},
                      {"latency", histogram_json(latency)}};
}

json::value config_json(const Process& process) {
  const ConfigState state = process.config_state();
  const conf::Config& config = *process.snapshot().config;
  json::array files, notices;
  for (const conf::SourceFile& file : config.files) files.push_back(text(file.path));
  for (const conf::Notice& notice : config.notices) {
    const std::string where = notice.where.file == nullptr ? std::string() : notice.where.text();
    notices.push_back(json::object{{"level", notice.level == conf::Notice::Level::warn ? "warn" : "notice"},
                                   {"text", text(notice.text)},
                                   {"where", text(where)}});
  }
  return json::object{{"file", text(config.conf_path)},
                      {"files", std::move(files)},
                      {"hash", text(state.hash)},
                      {"generation", state.generation},
                      {"applied", seconds_since_1970(state.applied_ms)},
                      {"reloads", state.reloads},
                      {"failed_reloads", state.failed_reloads},
                      {"last_reload_succeeded", state.last_reload_succeeded},
                      {"last_error", text(state.last_error)},
                      {"workers", config.main.worker_processes},
                      {"servers", config.servers.size()},
                      {"upstreams", config.upstreams.size()},
                      {"notices", std::move(notices)}};
}

json::value caches_json(const Process& process) {
  json::array list;
  for (const CacheState& zone : process.caches()) {
    json::object requests;
    for (std::size_t i = 0; i < zone.requests.size(); ++i) requests[view(metrics::cache_results[i])] = zone.requests[i];
    list.push_back(json::object{{"name", text(zone.name)},
                                {"place", text(zone.place)},
                                {"memory_limit", zone.memory_limit},
                                {"memory_bytes", zone.memory_bytes},
                                {"entries", zone.entries},
                                {"evictions", zone.evictions},
                                {"requests", std::move(requests)},
                                {"redis", zone.redis ? redis_json(*zone.redis) : json::value(nullptr)}});
  }
  return json::object{{"caches", std::move(list)}};
}

json::value certificates_json(const Process& process) {
  json::array list;
  for (const CertificateState& one : process.certificates()) {
    json::array names;
    for (const std::string& name : one.names) names.push_back(text(name));
    list.push_back(json::object{{"server", text(one.server)},
                                {"file", text(one.file)},
                                {"subject", text(one.subject)},
                                {"issuer", text(one.issuer)},
                                {"serial", text(one.serial)},
                                {"fingerprint", text(one.fingerprint)},
                                {"key", text(one.key_type)},
                                {"names", std::move(names)},
                                {"not_before", one.not_before},
                                {"not_after", one.not_after},
                                {"days_left", (one.not_after - now_ms() / 1000) / 86400}});
  }
  return json::object{{"certificates", std::move(list)}};
}

}  // namespace drishti::admin
