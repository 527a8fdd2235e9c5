#include "upstream/peer_set_builder.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "upstream/sticky_name.hpp"

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
  peer->drain = server.drain;
  peer->slow_start = server.slow_start;
  peer->state = std::move(state);
  return peer;
}

bool same_list(const std::vector<std::shared_ptr<const Peer>>& a, const std::vector<std::shared_ptr<const Peer>>& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) {
    const auto settings = [](const Peer& peer) {
      return std::tie(peer.state, peer.server_name, peer.weight, peer.max_fails, peer.fail_timeout, peer.max_conns,
                      peer.down, peer.drain, peer.slow_start, peer.sticky_name);
    };
    return settings(*x) == settings(*y);
  });
}

// A new peer has its first status before a worker sees it. What is known of others is changed by HealthKeeper, once the
// new configuration is in force.
void prepare(const Peer& peer, const conf::Upstream& config) {
  health::PeerHealth& health = peer.state->health;
  if (config.outlier_detection) health.count_outliers();
  if (!health.is_configured()) health.configure(health_settings(config, peer), health::Moment::now());
}

}  // namespace

health::Settings health_settings(const conf::Upstream& config, const Peer& peer) {
  health::Settings settings;
  for (const auto& check : config.health_checks) {
    settings.checks.push_back({check_key(*check), check->fails, check->passes});
    settings.mandatory = settings.mandatory || check->mandatory;
  }
  settings.drain = peer.drain;
  settings.slow_start = peer.slow_start;
  return settings;
}

std::shared_ptr<const PeerSet> build_peer_set(const conf::Upstream& config,
                                              std::span<const std::vector<SocketAddress>> addresses,
                                              PeerRegistry& registry, const RuntimeChanges& changes) {
  auto set = std::make_shared<PeerSet>();
  set->repeats = registry.repeats(config.name);
  std::map<std::string, int> occurrences;
  const auto queue = config.queue ? registry.queue(config.name) : nullptr;
  if (queue) queue->set_length(static_cast<std::size_t>(config.queue->length));
  auto add = [&](const conf::UpstreamServer& line, const SocketAddress& address) {
    const std::string text = address.text();
    auto peer = make_peer(changes.line_for(config, line, text), address,
                          registry.state(config.name, address, occurrences[text]++));
    prepare(*peer, config);
    peer->queue = queue;
    peer->sticky_name = sticky_name(config.sticky, line.route, text);
    (line.backup ? set->backups : set->primaries).push_back(std::move(peer));
  };
  const auto lines = changes.lines(config);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].literal) {
      add(lines[i], *lines[i].literal);
    } else if (i < addresses.size()) {
      for (const SocketAddress& address : addresses[i]) add(lines[i], address);
    }
  }
  return set;
}

bool same_membership(const PeerSet& a, const PeerSet& b) {
  return same_list(a.primaries, b.primaries) && same_list(a.backups, b.backups);
}

}  // namespace drishti::upstream
