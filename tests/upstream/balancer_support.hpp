#pragma once
// Groups of literal peers for the tests of balancing.

#include <memory>
#include <string>
#include <vector>

#include "upstream/balancer.hpp"
#include "upstream/peer_set_builder.hpp"

namespace drishti::upstream {

struct ServerLine {
  std::string ip;  ///< the peer is IP:80
  int weight = 1;
  int max_fails = 1;
  int max_conns = 0;
  bool backup = false;
  bool down = false;
  std::string name = {};  ///< as written; IP:80 when empty
};

inline std::shared_ptr<conf::Upstream> upstream_of(const std::vector<ServerLine>& lines,
                                                   conf::BalanceMethod method = conf::BalanceMethod::round_robin) {
  auto upstream = std::make_shared<conf::Upstream>();
  upstream->name = "backend";
  upstream->method = method;
  for (const ServerLine& line : lines) {
    conf::UpstreamServer server;
    server.name = line.name.empty() ? line.ip + ":80" : line.name;
    server.literal = SocketAddress::from_ip(line.ip, 80);
    server.weight = line.weight;
    server.max_fails = line.max_fails;
    server.max_conns = line.max_conns;
    server.backup = line.backup;
    server.down = line.down;
    upstream->servers.push_back(server);
  }
  return upstream;
}

/// A group, its registry and worker 0's balancer.
struct Fixture {
  explicit Fixture(std::shared_ptr<const conf::Upstream> config, std::uint64_t seed = 1)
      : group(std::make_shared<UpstreamGroup>(config)) {
    publish(*config);
    balancer = Balancer::create(group, 0, seed);
  }
  explicit Fixture(const std::vector<ServerLine>& lines,
                   conf::BalanceMethod method = conf::BalanceMethod::round_robin, std::uint64_t seed = 1)
      : Fixture(upstream_of(lines, method), seed) {}

  void publish(const conf::Upstream& config) { group->publish(build_peer_set(config, {}, registry)); }
  const Peer& peer(std::size_t index) { return *balancer->peers()[index]; }

  /// The last number of the chosen address, 0 when there is none; the request ends at once.
  int pick_one(std::int64_t now = 1000) {
    PickRequest request;
    request.now_seconds = now;
    return number(balancer->pick(request));
  }
  static int number(const PeerLease& lease) {
    return lease ? static_cast<unsigned char>(lease->address.binary_ip().back()) : 0;
  }
  /// The choices of N requests one after the other, `abacaba`: a is x.x.x.1.
  std::string order(int n, std::int64_t now = 1000) {
    std::string text;
    for (int i = 0; i < n; ++i) {
      const int chosen = pick_one(now);
      text += chosen == 0 ? '-' : static_cast<char>('a' + chosen - 1);
    }
    return text;
  }
  /// The order in which one request that always fails tries the peers.
  std::string tries(PickRequest request = {}) {
    std::string text;
    request.now_seconds = 1000;
    while (auto lease = balancer->pick(request)) {
      text += static_cast<char>('a' + number(lease) - 1);
      if (text.size() > 100) return text + "...";
    }
    return text;
  }

  PeerRegistry registry;
  std::shared_ptr<UpstreamGroup> group;
  std::unique_ptr<Balancer> balancer;
};

}  // namespace drishti::upstream
