#include "request/dynamic_upstreams.hpp"

#include <algorithm>

namespace drishti::request {
namespace {

constexpr std::size_t most_entries = 1024;
constexpr std::chrono::seconds fresh_for{1};  // the resolver itself follows TTLs

/// Suspends until the control thread answered.
struct Lookup {
  WorkerServices& services;
  const std::string& host;
  std::uint16_t port;
  const conf::Resolver& resolver;
  std::vector<SocketAddress> addresses;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    services.resolve(host, port, resolver, [this, handle](std::vector<SocketAddress> found) {
      addresses = std::move(found);
      services.reactor.defer(handle);
    });
  }
  std::vector<SocketAddress> await_resume() { return std::move(addresses); }
};

std::string entry_name(const filters::DynamicTarget& target) {
  if (!target.unix_path.empty()) return "unix:" + std::string(target.unix_path);
  return std::string(target.host) + ':' + std::to_string(target.port);
}

std::optional<SocketAddress> literal(const filters::DynamicTarget& target) {
  if (!target.unix_path.empty()) return SocketAddress::from_unix(target.unix_path);
  return SocketAddress::from_ip(target.host, target.port);
}

}  // namespace

DynamicUpstreams::Entry& DynamicUpstreams::entry(const std::string& name) {
  auto& slot = entries_[name];
  if (slot) return *slot;
  slot = std::make_unique<Entry>();
  slot->config = std::make_shared<conf::Upstream>();
  slot->config->name = name;
  slot->config->implicit = true;
  slot->view.group = std::make_shared<upstream::UpstreamGroup>(slot->config);
  slot->view.balancer = upstream::Balancer::create(slot->view.group, worker_index_, 1);
  auto& pool = services_.pools[name];
  if (!pool) pool = std::make_unique<upstream::GroupPool>(services_.reactor);
  slot->view.pool = pool.get();
  return *slot;
}

void DynamicUpstreams::publish(Entry& entry, const std::vector<SocketAddress>& addresses) {
  auto old = entry.view.group->peers();
  auto fresh = std::make_shared<upstream::PeerSet>();
  for (const SocketAddress& address : addresses) {
    auto known = std::find_if(old->primaries.begin(), old->primaries.end(),
                              [&](const auto& peer) { return peer->address == address; });
    if (known != old->primaries.end()) {
      fresh->primaries.push_back(*known);
      continue;
    }
    auto peer = std::make_shared<upstream::Peer>();
    peer->address = address;
    peer->address_text = address.text();
    peer->server_name = entry.config->name;
    peer->state = std::make_shared<upstream::PeerState>();
    fresh->primaries.push_back(std::move(peer));
  }
  if (fresh->primaries != old->primaries) entry.view.group->publish(std::move(fresh));
}

net::Task<UpstreamView*> DynamicUpstreams::find(const filters::DynamicTarget& target, const conf::Resolver& resolver,
                                                Generation& generation) {
  if (target.unix_path.empty()) {
    const conf::Upstream* configured = generation.snapshot().config->find_upstream(target.host);
    if (configured) co_return generation.view(configured);
  }
  std::string name = entry_name(target);
  if (entries_.size() >= most_entries && !entries_.contains(name)) co_return nullptr;
  Entry& found = entry(name);
  if (auto address = literal(target)) {
    publish(found, {*address});
  } else if (services_.clock().now() >= found.fresh_until) {
    std::string host(target.host);
    std::vector<SocketAddress> addresses = co_await Lookup{services_, host, target.port, resolver, {}};
    if (!addresses.empty()) publish(found, addresses);  // the last good set is kept
    found.fresh_until = services_.clock().now() + fresh_for;
  }
  co_return found.view.group->peers()->primaries.empty() ? nullptr : &found.view;
}

}  // namespace drishti::request
