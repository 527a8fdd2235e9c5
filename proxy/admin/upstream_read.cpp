// What is told of upstreams.
#include <algorithm>
#include <chrono>

#include "admin/histogram_json.hpp"
#include "admin/upstream_api.hpp"
#include "metrics/family.hpp"

namespace drishti::admin {
namespace {

using metrics::CodeClasses;
using upstream::Peer;
using upstream::UpstreamGroup;

std::string_view method_name(const conf::Upstream& config) {
  switch (config.method) {
    case conf::BalanceMethod::least_conn: return "least_conn";
    case conf::BalanceMethod::ip_hash: return "ip_hash";
    case conf::BalanceMethod::hash: return config.consistent ? "hash consistent" : "hash";
    case conf::BalanceMethod::random: return config.random_two ? "random two" : "random";
    case conf::BalanceMethod::round_robin: break;
  }
  return "round_robin";
}

json::object codes_json(const auto& workers, auto classes_of) {
  json::object codes;
  for (std::size_t i = 0; i < CodeClasses::size; ++i)
    codes[json::string_view(CodeClasses::names[i].data(), CodeClasses::names[i].size())] =
        metrics::sum(workers, [&](const auto& worker) { return classes_of(worker).value(i); });
  return codes;
}

json::array history_json(const health::PeerHealth& health) {
  json::array list;
  for (const health::Transition& change : health.history())
    list.push_back(json::object{{"at", seconds_since_1970(change.wall_ms)},
                                {"from", text(health::status_name(change.from))},
                                {"to", text(health::status_name(change.to))},
                                {"cause", text(change.cause)}});
  return list;
}

json::array checks_json(const conf::Upstream& config, const health::PeerHealth& health) {
  json::array list;
  const auto results = health.check_results();
  for (std::size_t i = 0; i < std::min(results.size(), config.health_checks.size()); ++i) {
    const conf::HealthCheck& check = *config.health_checks[i];
    const bool is_tcp = check.type == conf::HealthCheck::Type::tcp;
    json::object one{{"type", is_tcp ? "tcp" : "http"}};
    if (!is_tcp) one["uri"] = text(check.uri);
    const bool was_made = results[i].wall_ms != 0;
    one["at"] = seconds_since_1970(results[i].wall_ms);
    one["passed"] = was_made ? json::value(results[i].passed) : json::value(nullptr);
    one["reason"] = text(results[i].reason);
    one["took_ms"] = results[i].took_ms;
    one["checks"] = results[i].checks;
    one["failed"] = results[i].failed;
    list.push_back(std::move(one));
  }
  return list;
}

/// `down` is the administrator's or the file's word and counts before anything that was found out.
std::string_view state_of(const Peer& peer) {
  return peer.down ? "down" : health::status_name(peer.state->health.status());
}

void add_counters(json::object& one, const upstream::PeerState& state) {
  using metrics::PeerMetrics;
  const auto total = [&](auto read) { return metrics::sum(state.counters, read); };
  one["requests"] = total([](const PeerMetrics& worker) { return worker.requests.value(); });
  one["responses"] = codes_json(state.counters, [](const PeerMetrics& worker) -> auto& { return worker.responses; });
  one["failures"] = total([](const PeerMetrics& worker) { return worker.failures.value(); });
  one["sent_bytes"] = total([](const PeerMetrics& worker) { return worker.sent_bytes.value(); });
  one["received_bytes"] = total([](const PeerMetrics& worker) { return worker.received_bytes.value(); });
}

json::object peer_json(const Peer& peer, const UpstreamGroup& group, const upstream::RuntimeChanges& changes) {
  const health::PeerHealth& health = peer.state->health;
  conf::UpstreamServer line;
  line.name = peer.server_name;
  json::object one{{"address", text(peer.address_text)},
                   {"server", text(peer.server_name)},
                   {"state", text(state_of(peer))},
                   {"added_at_run_time", changes.is_added(group.config(), line)},
                   {"backup", peer.backup},
                   {"weight", peer.weight},
                   {"max_conns", peer.max_conns},
                   {"max_fails", peer.max_fails},
                   {"fail_timeout", peer.fail_timeout.count()},
                   {"active", peer.state->in_flight.load(std::memory_order_relaxed)},
                   {"fails", health.fails()}};
  add_counters(one, *peer.state);
  one["checks"] = checks_json(group.config(), health);
  one["history"] = history_json(health);
  return one;
}

void add_traffic(json::object& one, const metrics::UpstreamBlock& block) {
  using metrics::UpstreamMetrics;
  const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch());
  std::uint64_t active = 0, busy = 0;
  metrics::HistogramTotals duration;
  for (const UpstreamMetrics& worker : block.workers.all()) {
    const auto reading = worker.busy.read(static_cast<std::uint64_t>(now.count()));
    active += reading.in_progress;
    busy += reading.busy_ns;
    duration.add(worker.request);
  }
  one["active"] = active;
  one["busy_seconds"] = metrics::seconds(busy);
  one["requests"] = codes_json(block.workers, [](const UpstreamMetrics& worker) -> auto& { return worker.requests; });
  one["no_live_peer"] = metrics::sum(block.workers, [](const UpstreamMetrics& w) { return w.no_live_peer.value(); });
  one["latency"] = histogram_json(duration);
}

}  // namespace

json::value upstream_json(const UpstreamGroup& group, Process& process) {
  const conf::Upstream& config = group.config();
  json::object one{{"name", text(config.name)}, {"method", text(method_name(config))}};
  for (const auto& block : process.snapshot().metrics.upstreams)
    if (const auto name = block->labels.find("upstream"); name != block->labels.end() && name->second == config.name)
      add_traffic(one, *block);
  json::array peers;
  const auto set = group.peers();
  for (std::size_t i = 0; i < set->size(); ++i) peers.push_back(peer_json(*(*set)[i], group, process.changes()));
  one["peers"] = std::move(peers);
  one["servers"] = json::array();
  for (const conf::UpstreamServer& line : process.changes().lines(config))
    one["servers"].as_array().push_back(text(line.name));
  return one;
}

json::value upstreams_json(Process& process) {
  json::array list;
  for (const auto& group : process.snapshot().groups) list.push_back(upstream_json(*group, process));
  return json::object{{"upstreams", std::move(list)}};
}

std::shared_ptr<UpstreamGroup> find_group(const Process& process, std::string_view name) {
  const auto& groups = process.snapshot().groups;
  const auto found = std::ranges::find_if(groups, [&](const auto& group) { return group->config().name == name; });
  return found == groups.end() ? nullptr : *found;
}

}  // namespace drishti::admin
