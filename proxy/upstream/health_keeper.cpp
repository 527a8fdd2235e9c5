#include "upstream/health_keeper.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "net/asio_reactor.hpp"
#include "upstream/health_log.hpp"
#include "upstream/outlier_watch.hpp"
#include "upstream/peer_probe.hpp"
#include "upstream/peer_set_builder.hpp"

namespace drishti::upstream {
namespace {

/// How often ejections, slow starts and windows are looked at.
constexpr std::chrono::milliseconds tick{100};

template <class Function>
void for_each_peer(const UpstreamGroup& group, Function function) {
  const auto peers = group.peers();
  for (std::size_t i = 0; i < peers->size(); ++i) function((*peers)[i]);
}

// Peers that DNS may bring have the ramp of their line.
bool needs_keeping(const UpstreamGroup& group) {
  const conf::Upstream& config = group.config();
  bool has_ramp = std::ranges::any_of(
      config.servers, [](const conf::UpstreamServer& server) { return server.slow_start.count() > 0; });
  for_each_peer(group, [&](const auto& peer) { has_ramp = has_ramp || peer->slow_start.count() > 0; });
  return !config.health_checks.empty() || config.outlier_detection || has_ramp;
}

}  // namespace

struct HealthKeeper::Impl {
  /// A group that is followed.
  struct Kept {
    std::shared_ptr<UpstreamGroup> group;
    std::set<std::shared_ptr<PeerState>> known;  ///< its peers so far
    OutlierWatch outliers;
  };

  Impl(boost::asio::io_context& io, net::ErrorLog& error_log)
      : reactor(io), log(error_log), services{reactor, error_log, nullptr, std::mt19937_64(std::random_device()())} {}
  ~Impl() {
    for (const auto& kept : groups) kept->group->on_publish(nullptr);
  }

  void configure(const UpstreamGroup& group, std::string_view cause);
  void keep(const std::shared_ptr<UpstreamGroup>& group);
  void sync(Kept& kept, bool is_new);
  void probe(const UpstreamGroup& group, const std::shared_ptr<const Peer>& peer);
  void retire_probes();
  net::OwnedTask keep_time();
  void look_at(Kept& kept);

  net::AsioReactor reactor;
  net::ErrorLog& log;
  ProbeServices services;
  std::vector<std::unique_ptr<Kept>> groups;
  std::map<std::shared_ptr<PeerState>, std::unique_ptr<PeerProbe>> probes;
  net::OwnedTask time_task;
};

// Also of groups without checks: they may have had some before.
void HealthKeeper::Impl::configure(const UpstreamGroup& group, std::string_view cause) {
  for_each_peer(group, [&](const std::shared_ptr<const Peer>& peer) {
    const auto changed =
        peer->state->health.configure(health_settings(group.config(), *peer), health::Moment::now(), cause);
    if (changed) TransitionLog{log, group.config().name, {}, {}}.write(*changed, *peer);
  });
}

void HealthKeeper::Impl::keep(const std::shared_ptr<UpstreamGroup>& group) {
  groups.push_back(std::make_unique<Kept>());
  Kept& kept = *groups.back();
  kept.group = group;
  group->on_publish([this, &kept] {
    reactor.clock().update();
    sync(kept, false);
    retire_probes();
  });
}

void HealthKeeper::Impl::probe(const UpstreamGroup& group, const std::shared_ptr<const Peer>& peer) {
  const auto& checks = group.config().health_checks;
  if (checks.empty()) return;
  auto& probe = probes[peer->state];
  if (!probe) probe = std::make_unique<PeerProbe>(services);
  if (peer->down) return probe->retire();
  probe->use(group.config().name, peer, checks);
}

void HealthKeeper::Impl::sync(Kept& kept, bool is_new) {
  std::set<std::shared_ptr<PeerState>> present;
  for_each_peer(*kept.group, [&](const std::shared_ptr<const Peer>& peer) {
    present.insert(peer->state);
    if (kept.known.contains(peer->state)) return;
    if (!is_new) {
      const auto changed = peer->state->health.on({health::Event::Kind::joined, "a new address"}, health::Moment::now());
      if (changed) TransitionLog{log, kept.group->config().name, {}, {}}.write(*changed, *peer);
    }
    probe(*kept.group, peer);
  });
  kept.known = std::move(present);
}

void HealthKeeper::Impl::retire_probes() {
  const auto is_known = [&](const std::shared_ptr<PeerState>& state) {
    return std::ranges::any_of(groups, [&](const auto& kept) {
      return !kept->group->config().health_checks.empty() && kept->known.contains(state);
    });
  };
  for (auto& [state, probe] : probes)
    if (!is_known(state)) probe->retire();
  std::erase_if(probes, [](const auto& entry) { return entry.second->is_retired() && entry.second->is_idle(); });
}

void HealthKeeper::Impl::look_at(Kept& kept) {
  const health::Moment now = health::Moment::now();
  const conf::Upstream& config = kept.group->config();
  const TransitionLog changes{log, config.name, {}, {}};
  if (config.outlier_detection) kept.outliers.look(*kept.group, now, services.random, changes);
  for_each_peer(*kept.group, [&](const std::shared_ptr<const Peer>& peer) {
    if (const auto changed = peer->state->health.on({}, now)) changes.write(*changed, *peer);
  });
}

net::OwnedTask HealthKeeper::Impl::keep_time() {
  for (;;) {
    co_await net::Sleep(reactor, tick);
    for (const auto& kept : groups) look_at(*kept);
    retire_probes();
  }
}

HealthKeeper::HealthKeeper(boost::asio::io_context& io, net::ErrorLog& log) : impl_(std::make_unique<Impl>(io, log)) {}
HealthKeeper::~HealthKeeper() = default;

void HealthKeeper::follow(const std::vector<std::shared_ptr<UpstreamGroup>>& groups,
                          std::shared_ptr<const tls::ClientContexts> tls) {
  impl_->services.tls = std::move(tls);
  impl_->reactor.clock().update();
  for (const auto& kept : impl_->groups) kept->group->on_publish(nullptr);
  impl_->groups.clear();
  for (const auto& group : groups) {
    impl_->configure(*group, "configuration");
    if (needs_keeping(*group)) impl_->keep(group);
  }
  for (const auto& kept : impl_->groups) impl_->sync(*kept, true);
  impl_->retire_probes();
  impl_->time_task = {};
  if (!impl_->groups.empty()) impl_->time_task = impl_->keep_time();
}

void HealthKeeper::changed(const std::shared_ptr<UpstreamGroup>& group) {
  impl_->reactor.clock().update();
  impl_->configure(*group, "administrator");
  for_each_peer(*group, [&](const std::shared_ptr<const Peer>& peer) {
    const auto probe = impl_->probes.find(peer->state);
    const bool is_checked = probe != impl_->probes.end() && !probe->second->is_retired();
    if (is_checked == peer->down) impl_->probe(*group, peer);
  });
  impl_->retire_probes();
  const bool is_kept = std::ranges::any_of(impl_->groups, [&](const auto& kept) { return kept->group == group; });
  if (is_kept || !needs_keeping(*group)) return;
  impl_->keep(group);
  impl_->sync(*impl_->groups.back(), true);
  if (impl_->time_task.is_done()) impl_->time_task = impl_->keep_time();
}

}  // namespace drishti::upstream
