#include "request/dynamic_upstreams.hpp"

#include <algorithm>

namespace drishti::request {
namespace {

constexpr std::chrono::seconds fresh_for{1};  // the resolver itself follows TTLs

/// Suspends until the control thread answered, or for the time that the request may wait.
class Lookup : net::DeadlineWheel::Timer {
 public:
  Lookup(WorkerServices& services, const std::string& host, std::uint16_t port, const conf::CoreSettings& settings)
      : Timer([](Timer& timer) { static_cast<Lookup&>(timer).end({}); }),
        services_(services), host_(host), port_(port), settings_(settings) {}
  ~Lookup() { *self_ = nullptr; }
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    waiter_ = handle;
    services_.reactor.arm(*this, *settings_.resolver_timeout);
    services_.resolve(host_, port_, *settings_.resolver, [self = self_](std::vector<SocketAddress> found) {
      if (*self) (*self)->end(std::move(found));
    });
  }
  std::vector<SocketAddress> await_resume() { return std::move(addresses_); }

 private:
  void end(std::vector<SocketAddress> found) {
    *self_ = nullptr;
    services_.reactor.disarm(*this);
    addresses_ = std::move(found);
    services_.reactor.defer(waiter_);
  }

  WorkerServices& services_;
  const std::string& host_;
  std::uint16_t port_;
  const conf::CoreSettings& settings_;
  std::coroutine_handle<> waiter_;
  std::vector<SocketAddress> addresses_;
  std::shared_ptr<Lookup*> self_ = std::make_shared<Lookup*>(this);  ///< null once it ended; the answer may come later
};

// No configured group has such a name, so that the pool is the entry's own.
std::string pool_name(const std::string& name) { return "dynamic " + name; }

std::string entry_name(const filters::DynamicTarget& target) {
  if (!target.unix_path.empty()) return "unix:" + std::string(target.unix_path);
  return std::string(target.host) + ':' + std::to_string(target.port);
}

std::optional<SocketAddress> literal(const filters::DynamicTarget& target) {
  if (!target.unix_path.empty()) return SocketAddress::from_unix(target.unix_path);
  return SocketAddress::from_ip(target.host, target.port);
}

}  // namespace

std::shared_ptr<DynamicUpstreams::Entry> DynamicUpstreams::entry(const std::string& name) {
  auto found = entries_.find(name);
  if (found == entries_.end()) {
    if (!make_room()) return nullptr;
    auto made = std::make_shared<Entry>();
    made->config = std::make_shared<conf::Upstream>();
    made->config->name = name;
    made->config->implicit = true;
    made->view.group = std::make_shared<upstream::UpstreamGroup>(made->config);
    made->view.balancer = upstream::Balancer::create(made->view.group, worker_index_, 1);
    auto& pool = services_.pools[pool_name(name)];
    pool = std::make_unique<upstream::GroupPool>(services_.reactor);
    made->view.pool = pool.get();
    found = entries_.emplace(name, std::move(made)).first;
  }
  found->second->last_use = ++uses_;
  return found->second;
}

// The names may come from clients: the one that was not used for longest goes, with its idle connections.
bool DynamicUpstreams::make_room() {
  if (entries_.size() < most_entries) return true;
  auto oldest = entries_.end();
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    const bool is_idle = it->second.use_count() == 1 && !it->second->view.pool->http2().is_opening();
    if (is_idle && (oldest == entries_.end() || it->second->last_use < oldest->second->last_use)) oldest = it;
  }
  if (oldest == entries_.end()) return false;
  services_.pools.erase(pool_name(oldest->first));
  entries_.erase(oldest);
  return true;
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

net::Task<std::shared_ptr<UpstreamView>> DynamicUpstreams::find(const filters::DynamicTarget& target,
                                                                const conf::CoreSettings& settings,
                                                                Generation& generation) {
  if (target.unix_path.empty()) {
    const conf::Upstream* configured = generation.snapshot().config->find_upstream(target.host);
    if (configured) co_return std::shared_ptr<UpstreamView>(std::shared_ptr<void>(), generation.view(configured));
  }
  std::shared_ptr<Entry> found = entry(entry_name(target));
  if (!found) co_return nullptr;
  if (auto address = literal(target)) {
    publish(*found, {*address});
  } else if (services_.clock().now() >= found->fresh_until) {
    const std::string host(target.host);
    Lookup lookup(services_, host, target.port, settings);
    std::vector<SocketAddress> addresses = co_await lookup;
    if (!addresses.empty()) publish(*found, addresses);  // the last good set is kept
    found->fresh_until = services_.clock().now() + fresh_for;
  }
  if (found->view.group->peers()->primaries.empty()) co_return nullptr;
  co_return std::shared_ptr<UpstreamView>(found, &found->view);
}

}  // namespace drishti::request
