#include "upstream/connection_pool.hpp"

#include <algorithm>

namespace drishti::upstream {

using std::chrono::milliseconds;

milliseconds safe_idle_time(std::chrono::seconds backend_timeout, milliseconds own_timeout) {
  if (backend_timeout.count() <= 0) return own_timeout;
  milliseconds backend = backend_timeout;
  milliseconds margin = std::min(milliseconds{1000}, backend / 2);
  return std::min(own_timeout, backend - margin);
}

UpstreamConnection::IdleTimer::IdleTimer(UpstreamConnection& connection)
    : Timer([](net::DeadlineWheel::Timer& timer) {
        UpstreamConnection& idle = static_cast<IdleTimer&>(timer).owner;
        idle.pool_->drop(idle);
      }),
      owner(connection) {}

GroupPool::~GroupPool() { clear(); }

void GroupPool::clear() {
  while (!by_age_.empty()) drop(by_age_.back());
}

void GroupPool::unlink(Connection& connection) {
  auto entry = by_peer_.find(connection.peer_->state.get());
  entry->second.erase(entry->second.iterator_to(connection));  // an empty list stays: the peer is about to come back
  by_age_.erase(by_age_.iterator_to(connection));
  reactor_.wheel().disarm(connection.idle_timer_);
  connection.stream.channel().set_hook(nullptr, nullptr);
}

void GroupPool::drop(Connection& connection) {
  unlink(connection);
  auto entry = by_peer_.find(connection.peer_->state.get());
  if (entry->second.empty()) by_peer_.erase(entry);
  delete &connection;
}

void GroupPool::on_activity(net::Channel&, void* owner) {
  auto& connection = *static_cast<Connection*>(owner);
  connection.pool_->drop(connection);
}

UpstreamConnectionPtr GroupPool::take(const Peer& peer) {
  auto entry = by_peer_.find(peer.state.get());
  if (entry == by_peer_.end() || entry->second.empty()) return nullptr;
  Connection& connection = entry->second.front();
  unlink(connection);
  return UpstreamConnectionPtr(&connection);
}

void GroupPool::give_back(UpstreamConnectionPtr connection, const conf::Upstream& config,
                          std::chrono::seconds backend_timeout) {
  auto now = reactor_.clock().now();
  milliseconds idle_time = safe_idle_time(backend_timeout, config.keepalive_timeout);
  // Bytes behind the response, or a FIN: the connection is not clean (threat R14).
  bool is_clean = connection->stream.is_open() && connection->buffer.empty() &&
                  !connection->stream.channel().maybe_readable();
  if (!is_clean || config.keepalive <= 0 || connection->requests >= config.keepalive_requests ||
      now - connection->created_ >= config.keepalive_time || idle_time.count() <= 0)
    return;
  connection->buffer.release();
  connection->pool_ = this;
  connection->stream.channel().set_hook(on_activity, connection.get());
  reactor_.wheel().arm(connection->idle_timer_, now + idle_time);
  Connection& kept = *connection.release();
  by_peer_[kept.peer_->state.get()].push_front(kept);
  by_age_.push_front(kept);
  if (by_age_.size() > static_cast<std::size_t>(config.keepalive)) drop(by_age_.back());
}

}  // namespace drishti::upstream
