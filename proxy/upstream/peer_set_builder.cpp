#include "upstream/peer_set_builder.hpp"

#include <algorithm>
#include <map>

namespace drishti::upstream {
namespace {

std::shared_ptr<const Peer> make_peer(const conf::UpstreamServer& server, const SocketAddress& address,
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
  peer->state = std::move(state);
  return peer;
}

bool same_list(const std::vector<std::shared_ptr<const Peer>>& a, const std::vector<std::shared_ptr<const Peer>>& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) {
    return x->state == y->state && x->server_name == y->server_name;
  });
}

}  // namespace

std::shared_ptr<const PeerSet> build_peer_set(const conf::Upstream& config,
                                              std::span<const std::vector<SocketAddress>> addresses,
                                              PeerRegistry& registry) {
  auto set = std::make_shared<PeerSet>();
  std::map<std::string, int> occurrences;
  auto add = [&](const conf::UpstreamServer& server, const SocketAddress& address) {
    auto state = registry.state(config.name, address, occurrences[address.text()]++);
    (server.backup ? set->backups : set->primaries).push_back(make_peer(server, address, std::move(state)));
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
