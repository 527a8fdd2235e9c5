#include "server/worker.hpp"

#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "http/date.hpp"
#include "server/connection_start.hpp"
#include "server/http1_connection.hpp"

namespace drishti::server {

namespace {

constexpr std::size_t kept_states = 1024;
// Lines are handed to the log's writer at most this late: few wake-ups under load, no surprise for a reader.
constexpr std::chrono::milliseconds log_delay{10};
constexpr net::milliseconds longest_first_flight{1000};

SocketAddress local_address(int fd, const SocketAddress& listen_address) {
  const bool is_known = listen_address.is_unix() || (!listen_address.is_any() && listen_address.port() != 0);
  if (is_known) return listen_address;
  SocketAddress local;
  socklen_t size = sizeof(sockaddr_storage);
  if (::getsockname(fd, local.data(), &size) != 0) return listen_address;
  local.set_size(size);
  return local;
}

}  // namespace

struct Worker::ConnectionList {
  boost::intrusive::list<ClientConnection, boost::intrusive::constant_time_size<false>> all;
};

Worker::FlushTimer::FlushTimer(Worker& owner)
    : Timer([](net::DeadlineWheel::Timer& timer) { static_cast<FlushTimer&>(timer).worker.flush_logs(); }),
      worker(owner) {}

Worker::Worker(unsigned index, net::ErrorLog& error_log, request::DynamicResolve resolve,
               const metrics::Exposition& exposition)
    : index_(index),
      error_log_(error_log),
      services_{loop_.reactor(), buffers_, error_log, metrics_, pools_, logs_, std::move(resolve), &caches_,
                &background_, false, [this](std::function<void()> task) { post(std::move(task)); }},
      handler_(services_, index),
      connections_(std::make_unique<ConnectionList>()),
      flush_timer_(*this),
      next_connection_id_(index + 1) {
  services_.exposition = &exposition;
  services_.worker = index;
  loop_.reactor().count_busy_time(metrics_.busy_ns);
  loop_.reactor().at_end_of_turn([this] { flush_logs_soon(); });
}

Worker::~Worker() = default;

void Worker::start() {
  thread_ = std::thread([this] {
    std::string name = "worker " + std::to_string(index_);
    pthread_setname_np(pthread_self(), name.c_str());
    loop_.run();
    flush_logs();
  });
}

void Worker::post(std::function<void()> task) { loop_.post(std::move(task)); }

void Worker::join() {
  loop_.stop();
  if (thread_.joinable()) thread_.join();
}

void Worker::use(std::shared_ptr<const routing::Snapshot> snapshot,
                 std::function<void(const routing::Snapshot&)> retired) {
  auto* fresh = new request::Generation(std::move(snapshot), index_, services_.reactor, pools_, logs_);
  fresh->on_retired(std::move(retired));
  generation_ = request::GenerationRef(fresh);
  for (auto it = connections_->all.begin(); it != connections_->all.end();) (it++)->configuration_changed();
}

void Worker::add_log(const std::string& path, std::shared_ptr<net::LogFile> file, std::size_t limit) {
  auto& buffer = logs_[path];
  if (buffer) return buffer->change_to(std::move(file), limit);  // requests of older generations still write to it
  buffer = std::make_unique<net::LogBuffer>(std::move(file), limit);
}

void Worker::add_cache(const ProcessZone& zone) {
  auto& place = caches_[zone.zone->name()];
  if (place && place->zone == zone.zone) return;
  if (place) former_caches_.push_back(std::move(place));
  place = std::make_unique<request::CacheZoneView>();
  place->zone = zone.zone;
  place->counted = std::shared_ptr<metrics::CacheMetrics>(zone.counted, &zone.counted->workers.of(index_));
  if (!zone.redis) return;
  const auto resolve = [this](const std::string& host, std::uint16_t port,
                              std::function<void(std::vector<SocketAddress>)> done) {
    services_.resolve(host, port, conf::Resolver{}, std::move(done));
  };
  auto redis = connect_worker(zone.redis, index_, services_.reactor, error_log_, resolve, services_.post);
  place->shared = std::shared_ptr<cache::SharedStore>(redis, &redis->store());
  redis_.push_back(std::move(redis));
}

request::CacheZoneView* Worker::find_cache(const std::string& name) {
  const auto found = caches_.find(name);
  return found == caches_.end() ? nullptr : found->second.get();
}

void Worker::flush_logs() {
  for (auto& [path, log] : logs_) log->flush();
}

void Worker::flush_logs_soon() {
  if (flush_timer_.armed()) return;
  for (auto& [path, log] : logs_) {
    if (log->text().empty()) continue;
    services_.reactor.arm(flush_timer_, log_delay);
    return;
  }
}

void Worker::listen(int fd, const SocketAddress& address) {
  listeners_.push_back(std::make_unique<Listener>(*this, fd, address));
}

void Worker::unlisten(const SocketAddress& address) {
  std::erase_if(listeners_, [&](const auto& listener) {
    if (listener->address() != address) return false;
    listener->accept_waiting();
    return true;
  });
}

void Worker::accepted(int fd, const SocketAddress& remote, const Listener& listener) {
  context::ConnectionInfo info;
  info.id = next_connection_id_;
  info.fd = fd;
  info.remote = remote;
  info.local = local_address(fd, listener.address());
  info.remote_text = remote.ip_text();
  info.accepted_at = services_.clock().now();
  next_connection_id_ += 1024;  // ids are unique over the workers
  metrics_.connections_accepted.add();
  ConnectionServers servers(generation_, info.local);
  const routing::ListenProtocols& protocols = servers.table().protocols();
  if (protocols.ssl || protocols.proxy_protocol)
    return (new ConnectionStart(*this, fd, std::move(info), std::move(servers)))->start();
  (new Http1Connection(*this, net::Stream(services_.reactor, fd), std::move(info), std::move(servers)))->start();
}

void Worker::link(ClientConnection& connection) {
  metrics_.connections_active.add();
  connections_->all.push_back(connection);
}

void Worker::unlink(ClientConnection& connection) {
  metrics_.connections_active.subtract();
  connections_->all.erase(connections_->all.iterator_to(connection));
  if (draining_ && connections_->all.empty() && drained_) std::exchange(drained_, nullptr)();
}

void Worker::drain(std::function<void()> done) {
  for (const auto& listener : listeners_) listener->accept_waiting();
  draining_ = true;
  listeners_.clear();
  if (connections_->all.empty()) return done();
  drained_ = std::move(done);
  for (auto it = connections_->all.begin(); it != connections_->all.end();) (it++)->close_if_idle();
}

void Worker::close_all() {
  draining_ = true;
  listeners_.clear();
  services_.is_stopping = true;
  for (auto it = connections_->all.begin(); it != connections_->all.end();) (it++)->close_now();
  background_.leave();
  for (const auto& redis : redis_) redis->stop();
}

net::milliseconds Worker::time_left(net::Clock::Steady begun, net::milliseconds timeout) const {
  const net::milliseconds limit = draining_ ? std::min(timeout, longest_first_flight) : timeout;
  return std::chrono::ceil<net::milliseconds>(begun + limit - services_.clock().now());
}

std::string_view Worker::http_date() {
  std::int64_t second = services_.clock().wall_ms() / 1000;
  if (second != date_second_) {
    date_second_ = second;
    http::write_http_date(second, date_);
  }
  return {date_, http::http_date_size};
}

std::unique_ptr<RequestState> Worker::take_state() {
  if (free_states_.empty()) return std::make_unique<RequestState>(services_.clock());
  auto state = std::move(free_states_.back());
  free_states_.pop_back();
  return state;
}

void Worker::give_back(std::unique_ptr<RequestState> state) {
  state->context.reset();
  state->body_buffer.release();
  if (free_states_.size() < kept_states) free_states_.push_back(std::move(state));
}

}  // namespace drishti::server
