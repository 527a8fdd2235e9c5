#include "server/server.hpp"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <map>
#include <set>

#include "metrics/exposition.hpp"
#include "metrics/process_collector.hpp"
#include "routing/snapshot.hpp"
#include "server/admin_endpoint.hpp"
#include "server/cache_families.hpp"
#include "server/cache_zones.hpp"
#include "server/certificate_keeper.hpp"
#include "server/config_collector.hpp"
#include "server/listening_sockets.hpp"
#include "server/scaling_keeper.hpp"
#include "server/traffic_collector.hpp"
#include "server/worker.hpp"
#include "upstream/health_keeper.hpp"
#include "upstream/name_resolver.hpp"

namespace drishti::server {

namespace asio = boost::asio;
using routing::Snapshot;

namespace {

// A start or reload waits this long for the first answers of DNS; what is still unknown then is followed in the background.
constexpr std::chrono::milliseconds dns_patience{2000};

using LogFiles = std::map<std::string, std::pair<std::shared_ptr<net::LogFile>, std::size_t>>;

void collect_logs(const conf::Location& location, std::map<std::string, std::size_t>& wanted);

void collect_logs(const std::vector<conf::RewriteOp>& ops, std::map<std::string, std::size_t>& wanted) {
  for (const conf::RewriteOp& op : ops) {
    const auto* branch = std::get_if<conf::IfOp>(&op.op);
    if (branch && branch->location) collect_logs(*branch->location, wanted);
  }
}

void collect_logs(const conf::Location& location, std::map<std::string, std::size_t>& wanted) {
  for (const conf::AccessLog& log : *location.core.access_logs) {
    std::size_t& limit = wanted[log.path];
    limit = std::max<std::size_t>({limit, log.buffer, 32 << 10});
  }
  collect_logs(location.rewrite, wanted);
  for (const auto& child : location.children) collect_logs(*child, wanted);
}

}  // namespace

struct Server::Impl {
  asio::io_context& control;
  net::ErrorLog& error_log;
  net::LogHub& logs;
  unsigned worker_count;
  metrics::Catalogue catalogue{worker_count};
  metrics::Exposition exposition;
  std::shared_ptr<TrafficCollector> traffic = std::make_shared<TrafficCollector>();
  std::shared_ptr<ConfigCollector> config_state = std::make_shared<ConfigCollector>();
  std::shared_ptr<CacheCollector> cache_state = std::make_shared<CacheCollector>();
  std::shared_ptr<ScalingKeeper> scaling = std::make_shared<ScalingKeeper>(error_log);
  upstream::PeerRegistry registry{worker_count};
  upstream::NameResolver resolver;
  upstream::HealthKeeper health;
  ListeningSockets sockets;
  std::vector<std::unique_ptr<Worker>> workers;
  std::shared_ptr<const Snapshot> current;
  std::shared_ptr<CertificateKeeper> certificates = std::make_shared<CertificateKeeper>(error_log);
  ListeningSockets::Change first_change;
  LogFiles log_files;
  std::uint64_t generations = 0;
  std::map<std::uint64_t, unsigned> using_generation;  ///< workers that still run requests on a snapshot
  asio::steady_timer drain_limit;
  std::function<void()> drained;
  unsigned draining_workers = 0;
  bool running = false;

  CacheZones zones;
  AdminEndpoint admin;

  Impl(asio::io_context& io, net::ErrorLog& log, net::LogHub& hub, unsigned workers_wanted)
      : control(io),
        error_log(log),
        logs(hub),
        worker_count(workers_wanted),
        resolver(io, registry, log),
        health(io, log),
        drain_limit(io),
        zones(log, look_up(), workers_wanted),
        admin({io, log, current, exposition, workers, zones, resolver, health, *config_state, *certificates}) {
    register_metrics();
  }

  /// For threads other than the workers.
  CacheNews::LookUp look_up() {
    return [this](const std::string& host, std::uint16_t port, std::function<void(std::vector<SocketAddress>)> done) {
      asio::post(control, [this, host, port, done = std::move(done)]() mutable {
        resolver.resolve(host, port, nullptr, std::move(done));
      });
    };
  }

  void register_metrics();
  void publish_metrics();
  void open_logs(const conf::Config& config);
  std::shared_ptr<const Snapshot> make_snapshot(std::shared_ptr<const conf::Config> config);
  request::DynamicResolve resolver_for(unsigned index);
  void hand_over(Worker& worker, const ListeningSockets::Change& change);
  void retired(std::uint64_t number);
  void worker_drained();
};

Server::Server(asio::io_context& control, net::ErrorLog& error_log, net::LogHub& logs, unsigned workers)
    : impl_(std::make_unique<Impl>(control, error_log, logs, workers)) {}

Server::~Server() { stop(); }

void Server::Impl::open_logs(const conf::Config& config) {
  std::map<std::string, std::size_t> wanted;
  for (const auto& server : config.servers) collect_logs(*server->root, wanted);
  LogFiles opened;
  for (const auto& [path, limit] : wanted) opened[path] = {logs.open(path), limit};
  log_files = std::move(opened);
}

std::shared_ptr<const Snapshot> Server::Impl::make_snapshot(std::shared_ptr<const conf::Config> config) {
  auto groups = resolver.follow(*config, dns_patience);
  auto counted = routing::find_metrics(*config, catalogue);
  return std::make_shared<Snapshot>(std::move(config), std::move(groups), ++generations, std::move(counted));
}

// The place where other parts of the program add what they want to be seen on the page of `metrics`.
void Server::Impl::register_metrics() {
  exposition.add(traffic);
  exposition.add(cache_state);
  exposition.add(config_state);
  exposition.add(certificates);
  exposition.add(scaling);
  exposition.set_scaling([this] { return scaling->json(); });
  exposition.add(std::make_shared<metrics::ProcessCollector>());
}

void Server::Impl::publish_metrics() {
  traffic->use(current);
  cache_state->use(zones.all());
  scaling->use(current);
  config_state->applied(*current->config, current->number);
}

void Server::note_failed_reload(const std::string& reason) { impl_->config_state->refused(reason); }
void Server::on_reload_request(std::function<std::string()> reload) { impl_->admin.on_reload_request(std::move(reload)); }
void Server::tick() {
  impl_->scaling->sample();
  if (!impl_->certificates->tick()) return;
  for (auto& worker : impl_->workers)
    worker->post([&worker, contexts = impl_->certificates->contexts()] { worker->use(contexts); });
}
void Server::note_lost_log_lines(std::uint64_t lines) { impl_->config_state->set_lost_log_lines(lines); }

void Server::open(std::shared_ptr<const conf::Config> config) {
  impl_->open_logs(*config);
  impl_->admin.commit(impl_->admin.prepare(config->main.admin));
  impl_->zones.follow(*config);
  impl_->certificates->commit(impl_->certificates->prepare(config));
  impl_->current = impl_->make_snapshot(std::move(config));
  impl_->first_change = impl_->sockets.prepare(impl_->current->router.listens());
  impl_->sockets.commit(impl_->first_change);
}

request::DynamicResolve Server::Impl::resolver_for(unsigned index) {
  return [this, index](const std::string& host, std::uint16_t port, const conf::Resolver& through,
                       std::function<void(std::vector<SocketAddress>)> done) {
    // A copy: the request may give up (resolver_timeout), and its configuration end, before this runs.
    asio::post(control, [this, index, host, port, through, done = std::move(done)]() mutable {
      const conf::Resolver* servers = through.servers.empty() ? nullptr : &through;
      resolver.resolve(host, port, servers, [this, index, done = std::move(done)](std::vector<SocketAddress> found) {
        workers[index]->post([done, found = std::move(found)] { done(found); });
      });
    });
  };
}

void Server::Impl::hand_over(Worker& worker, const ListeningSockets::Change& change) {
  std::vector<std::pair<SocketAddress, int>> added;
  for (const auto& [address, fd] : change.added) added.emplace_back(address, ListeningSockets::duplicate(fd));
  auto retire = [this](const Snapshot& snapshot) {
    asio::post(control, [this, number = snapshot.number] { retired(number); });
  };
  ++using_generation[current->number];
  worker.post([&worker, added = std::move(added), removed = change.removed, files = log_files,
               cached = zones.all(), snapshot = current, contexts = certificates->contexts(), retire] {
    for (const auto& zone : cached) worker.add_cache(zone);
    for (const auto& [path, file] : files) worker.add_log(path, file.first, file.second);
    for (const SocketAddress& address : removed) worker.unlisten(address);
    worker.use(contexts);
    worker.use(snapshot, retire);
    for (const auto& [address, fd] : added) worker.listen(fd, address);
  });
}

void Server::Impl::retired(std::uint64_t number) {
  if (--using_generation[number] > 0) return;
  using_generation.erase(number);
  if (!running) return;
  error_log.write(conf::LogLevel::notice, 0, "generation " + std::to_string(number) + " of the configuration ended");
  registry.collect();
  logs.collect();
}

void Server::start() {
  for (unsigned i = 0; i < impl_->worker_count; ++i) {
    impl_->workers.push_back(std::make_unique<Worker>(i, impl_->error_log, impl_->resolver_for(i), impl_->exposition));
    impl_->exposition.add_worker(impl_->workers.back()->metrics());
    impl_->traffic->add_worker(impl_->workers.back()->metrics());
    impl_->scaling->add_worker(impl_->workers.back()->metrics());
    impl_->certificates->add_worker(impl_->workers.back()->metrics());
  }
  impl_->publish_metrics();
  impl_->running = true;
  impl_->health.follow(impl_->current->groups, impl_->current->upstream_tls);
  std::vector<std::future<void>> ready;
  for (auto& worker : impl_->workers) {
    worker->start();
    impl_->hand_over(*worker, impl_->first_change);
    auto accepting = std::make_shared<std::promise<void>>();
    ready.push_back(accepting->get_future());
    worker->post([accepting] { accepting->set_value(); });
  }
  for (auto& future : ready) future.wait();
}

void Server::reload(std::shared_ptr<const conf::Config> config) {
  LogFiles old_logs = impl_->log_files;
  try {
    impl_->open_logs(*config);
    auto certificates = impl_->certificates->prepare(config);
    auto snapshot = impl_->make_snapshot(config);
    auto admin = impl_->admin.prepare(config->main.admin);
    auto change = impl_->sockets.prepare(snapshot->router.listens());
    impl_->admin.commit(std::move(admin));
    impl_->resolver.changes().settle(*config);
    impl_->zones.follow(*config);
    impl_->current = std::move(snapshot);
    impl_->certificates->commit(std::move(certificates));
    for (auto& worker : impl_->workers) impl_->hand_over(*worker, change);
    impl_->sockets.commit(change);
    impl_->health.follow(impl_->current->groups, impl_->current->upstream_tls);
    impl_->publish_metrics();
  } catch (...) {
    impl_->log_files = std::move(old_logs);
    throw;
  }
}

void Server::Impl::worker_drained() {
  if (--draining_workers > 0 || !drained) return;
  drain_limit.cancel();
  std::exchange(drained, nullptr)();
}

void Server::stop_gracefully(std::chrono::milliseconds limit, std::function<void()> done) {
  impl_->drained = std::move(done);
  impl_->sockets.close();
  impl_->admin.stop_accepting();
  impl_->draining_workers = static_cast<unsigned>(impl_->workers.size());
  for (auto& worker : impl_->workers) {
    worker->post([this, &worker] {
      worker->drain([this] { asio::post(impl_->control, [this] { impl_->worker_drained(); }); });
    });
  }
  if (limit.count() == 0) return;
  impl_->drain_limit.expires_after(limit);
  impl_->drain_limit.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    for (auto& worker : impl_->workers) worker->post([&worker] { worker->close_all(); });
    // A request that waits for something else than its sockets must not hold up the end.
    impl_->drain_limit.expires_after(std::chrono::seconds{1});
    impl_->drain_limit.async_wait([this](const boost::system::error_code& cancelled) {
      if (!cancelled && impl_->drained) std::exchange(impl_->drained, nullptr)();
    });
  });
}

void Server::stop() {
  if (!impl_->running) return;
  impl_->running = false;
  impl_->sockets.close();
  impl_->admin.stop_accepting();
  impl_->zones.stop();
  for (auto& worker : impl_->workers) {
    std::promise<void> closed;
    worker->post([&worker, &closed] {
      worker->close_all();
      worker->drain([&closed] { closed.set_value(); });
    });
    closed.get_future().wait_for(std::chrono::seconds{1});
    // What was ended resumes its waiters in the loop's next turns.
    for (int turn = 0; turn < 2; ++turn) {
      std::promise<void> turned;
      worker->post([&turned] { turned.set_value(); });
      turned.get_future().wait();
    }
    worker->join();
  }
  impl_->exposition.forget_workers();
  impl_->traffic->forget();
  impl_->scaling->forget();
  impl_->certificates->forget();
  impl_->workers.clear();
}

}  // namespace drishti::server
