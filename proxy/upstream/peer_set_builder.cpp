#include "upstream/peer_set_builder.hpp"

#include <algorithm>
#include <map>

namespace drishti::upstream {
namespace {

// What makes it the same check in two configurations: what is asked, not how often.
std::string check_key(const conf::HealthCheck& check) {
  static constexpr const char* types[] = {"http|", "tcp|", "grpc|"};
  return types[static_cast<std::size_t>(check.type)] + check.grpc_service + "|" + std::to_string(check.grpc_status) + "|" +
         (check.port ? std::to_string(*check.port) : std::string()) + "|" + check.match_name + "|" + check.request;
}

std::shared_ptr<Peer> make_peer(const conf::UpstreamServer& server, const SocketAddress& address,
                                      std::shared_ptr<PeerState> state) {
  auto peer = std::make_shared<Peer>();
  peer->address = address;
  peer->address_text = address.text();
  peer->server_name = server.name;
  peer->weight = std::clamp(server.weight, 1, 65535);  // sums stay within int
  peer->max_fails = server.max_fails;
  peer->fail_timeout = server.fail_timeout;
  peer->max_conns = server.max_conns;
  peer->backup = server.backup;
  peer->down = server.down;
  peer->slow_start = server.slow_start;
  peer->state = std::move(state);
  return peer;
}

bool same_list(const std::vector<std::shared_ptr<const Peer>>& a, const std::vector<std::shared_ptr<const Peer>>& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) {
    return x->state == y->state && x->server_name == y->server_name;
  });
}

// A new peer has its first status before a worker sees it. What is known of others is changed by HealthKeeper, once the
// new configuration is in force.
void prepare(PeerState& state, const conf::Upstream& config, const conf::UpstreamServer& server) {
  if (config.outlier_detection) state.health.count_outliers();
  if (!state.health.is_configured()) state.health.configure(health_settings(config, server), health::Moment::now());
}

}  // namespace

health::Settings health_settings(const conf::Upstream& config, const conf::UpstreamServer& server) {
  health::Settings settings;
  for (const auto& check : config.health_checks) {
    settings.checks.push_back({check_key(*check), check->fails, check->passes});
    settings.mandatory = settings.mandatory || check->mandatory;
  }
  settings.drain = server.drain;
  settings.slow_start = server.slow_start;
  return settings;
}

std::shared_ptr<const PeerSet> build_peer_set(const conf::Upstream& config,
                                              std::span<const std::vector<SocketAddress>> addresses,
                                              PeerRegistry& registry) {
  auto set = std::make_shared<PeerSet>();
  std::map<std::string, int> occurrences;
  const auto queue = config.queue ? registry.queue(config.name) : nullptr;
  if (queue) queue->set_length(static_cast<std::size_t>(config.queue->length));
  auto add = [&](const conf::UpstreamServer& server, const SocketAddress& address) {
    auto state = registry.state(config.name, address, occurrences[address.text()]++);
    prepare(*state, config, server);
    auto peer = make_peer(server, address, std::move(state));
    peer->queue = queue;
    (server.backup ? set->backups : set->primaries).push_back(std::move(peer));
  };
  for (std::size_t i = 0; i < config.servers.size(); ++i) {
    const conf::UpstreamServer& server = config.servers[i];
    if (server.literal) {
      add(server, *server.literal);
    } else if (i < addresses.size()) {
      for (const SocketAddress& address : addresses[i]) add(server, address);
    }
  }
  return set;
}

bool same_membership(const PeerSet& a, const PeerSet& b) {
  return same_list(a.primaries, b.primaries) && same_list(a.backups, b.backups);
}

}  // namespace drishti::upstream
