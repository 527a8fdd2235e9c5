#include "cache/redis/cluster_client.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "cache/redis/command.hpp"
#include "cache/redis/topology.hpp"

namespace drishti::cache::redis {
namespace {

constexpr int most_redirections = 4;
constexpr net::milliseconds between_refreshes{100};
constexpr net::milliseconds refresh_anyway{30'000};
constexpr net::milliseconds connect_poll{2};

}  // namespace

/// Kept alive by the coroutines that use it.
class ClusterClient::State : public std::enable_shared_from_this<State> {
 public:
  State(const RedisUrl& url, const ClientServices& services)
      : services_(services), options_(connection_options(url)), seeds_(url.nodes), due_(services.reactor), pause_(services.reactor) {}

  void start() {
    for (const Node& seed : seeds_) connection_to(seed);
    net::spawn(follow(shared_from_this()));
  }
  void stop() {
    stopped_ = true;
    on_masters = nullptr;
    for (const auto& [name, connection] : connections_) connection->stop();
    due_.notify();
    pause_.notify();
  }
  bool is_available() const {
    return std::any_of(topology_.masters.begin(), topology_.masters.end(), [this](const Node& master) {
      const auto known = connections_.find(master.text());
      return known != connections_.end() && known->second->is_available();
    });
  }

  net::Task<CallResult> call([[maybe_unused]] std::shared_ptr<State> self, std::uint16_t slot, std::string text,
                             net::milliseconds allowance) {
    CallResult result{ErrorKind::lost, {}};
    std::shared_ptr<Connection> connection = owner_of(slot);
    bool is_ask = false;
    for (int turn = 0; turn < most_redirections; ++turn) {
      const bool is_ready = co_await becomes_available(connection.get(), turn > 0);
      if (!is_ready) co_return refused();
      if (is_ask) connection->tell(command("ASKING"));
      result = co_await connection->call(text, allowance);
      if (stopped_ || !needs_another_turn(result)) co_return result;
      const auto redirection = redirection_in(result.reply.text, connection->target().node);
      if (!redirection) continue;  // TRYAGAIN
      is_ask = redirection->is_ask;
      connection = connection_to(redirection->node);
      if (!is_ask) move_slot(redirection->slot, redirection->node);
    }
    co_return result;
  }

  void tell(std::uint16_t slot, const std::string& text) {
    if (const auto connection = owner_of(slot)) connection->tell(text);
  }

  OnMasters on_masters;

 private:
  CallResult refused() {
    services_.metrics.unavailable.add();
    due_.notify();
    return {ErrorKind::lost, {}};
  }

  /// Behind a redirection the node may be new: its greeting is waited for within the time of a command.
  net::Task<bool> becomes_available(const Connection* connection, bool may_wait) {
    if (!connection) co_return false;
    Signal timer(services_.reactor);
    const auto give_up = services_.reactor.clock().now() + options_.timeout;
    while (may_wait && !stopped_ && !connection->is_available() && services_.reactor.clock().now() < give_up)
      co_await timer.wait(connect_poll);
    co_return !stopped_ && connection->is_available();
  }

  bool needs_another_turn(const CallResult& result) {
    if (!result.ok()) due_.notify();
    if (!result.ok() || !result.reply.is(Reply::Type::error)) return false;
    if (kind_of_error(result.reply.text) != ErrorKind::cluster && !result.reply.text.starts_with("READONLY")) return false;
    due_.notify();
    const std::string& text = result.reply.text;
    return text.starts_with("MOVED ") || text.starts_with("ASK ") || text.starts_with("TRYAGAIN");
  }

  std::shared_ptr<Connection> owner_of(std::uint16_t slot) {
    const std::int16_t index = topology_.owner[slot];
    if (index < 0) {
      due_.notify();
      return nullptr;
    }
    return connection_to(topology_.masters[static_cast<std::size_t>(index)]);
  }

  std::shared_ptr<Connection> connection_to(const Node& node) {
    auto& connection = connections_[node.text()];
    if (connection || stopped_) return connection;
    connection = std::make_shared<Connection>(
        services_.reactor, std::make_unique<NodeList>(services_.reactor, services_.resolve, std::vector<Node>{node}),
        options_, services_.metrics, services_.log);
    connection->start();
    return connection;
  }

  void move_slot(std::uint16_t slot, const Node& node) {
    auto& masters = topology_.masters;
    auto known = std::find(masters.begin(), masters.end(), node);
    if (known == masters.end()) {
      if (masters.size() == Topology::most_masters) return;
      known = masters.insert(masters.end(), node);
    }
    topology_.owner[slot] = static_cast<std::int16_t>(known - masters.begin());
  }

  // ---- topology ----

  net::Task<void> follow([[maybe_unused]] std::shared_ptr<State> self) {
    bool is_known = false;
    while (!stopped_) {
      const bool refreshed = co_await refresh();
      is_known = is_known || refreshed;
      if (stopped_) co_return;
      co_await pause_.wait(between_refreshes);
      if (is_known && refreshed && !stopped_) co_await due_.wait(refresh_anyway);
    }
  }

  /// Asks the next node that can answer.
  net::Task<bool> refresh() {
    const auto asked = next_available();
    if (!asked) co_return false;
    const std::string question = command("CLUSTER", "SLOTS");
    const CallResult answer = co_await asked->call(question, options_.timeout);
    if (stopped_ || !answer.ok()) co_return false;
    auto topology = Topology::read(answer.reply, asked->target().node);
    if (!topology) {
      services_.metrics.count(ErrorKind::cluster);
      co_return false;
    }
    adopt(std::move(*topology));
    co_return true;
  }

  std::shared_ptr<Connection> next_available() {
    auto it = connections_.upper_bound(last_asked_);
    for (std::size_t i = 0; i < connections_.size(); ++i, ++it) {
      if (it == connections_.end()) it = connections_.begin();
      if (!it->second->is_available()) continue;
      last_asked_ = it->first;
      return it->second;
    }
    return nullptr;
  }

  void adopt(Topology topology) {
    const auto is_wanted = [&](const std::string& name) {
      const auto has_name = [&](const Node& node) { return node.text() == name; };
      return std::any_of(topology.masters.begin(), topology.masters.end(), has_name) ||
             std::any_of(seeds_.begin(), seeds_.end(), has_name);
    };
    for (auto it = connections_.begin(); it != connections_.end();) {
      const auto connection = it->second;
      if (is_wanted(it->first)) {
        ++it;
        continue;
      }
      it = connections_.erase(it);
      connection->stop();
    }
    topology_ = std::move(topology);
    for (const Node& master : topology_.masters) connection_to(master);
    if (on_masters) on_masters(topology_.masters);
  }

  ClientServices services_;
  ConnectionOptions options_;
  std::vector<Node> seeds_;
  std::map<std::string, std::shared_ptr<Connection>> connections_;
  Topology topology_;
  std::string last_asked_;
  Signal due_, pause_;
  bool stopped_ = false;
};

ClusterClient::ClusterClient(const RedisUrl& url, const ClientServices& services)
    : state_(std::make_shared<State>(url, services)) {}
ClusterClient::~ClusterClient() { state_->stop(); }

void ClusterClient::start() { state_->start(); }
void ClusterClient::stop() { state_->stop(); }
bool ClusterClient::is_available() const { return state_->is_available(); }
void ClusterClient::on_masters(OnMasters on_masters) { state_->on_masters = std::move(on_masters); }

net::Task<CallResult> ClusterClient::call(std::string_view key, std::string command, net::milliseconds allowance) {
  return state_->call(state_, slot_of(key), std::move(command), allowance);
}

void ClusterClient::tell(std::string_view key, const std::string& command) { state_->tell(slot_of(key), command); }

}  // namespace drishti::cache::redis
