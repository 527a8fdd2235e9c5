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
  http2_.clear();
  while (!by_age_.empty()) drop(by_age_.back());
}

void GroupPool::unlink(Connection& connection) {
  auto entry = by_peer_.find(connection.peer_->state.get());
  entry->second.erase(entry->second.iterator_to(connection));  // an empty list stays: the peer is about to come back
  by_age_.erase(by_age_.iterator_to(connection));
  reactor_.disarm(connection.idle_timer_);
  connection.stream.channel().set_hook(nullptr, nullptr);
}

void GroupPool::drop(Connection& connection) {
  unlink(connection);
  auto entry = by_peer_.find(connection.peer_->state.get());
  if (entry->second.empty()) by_peer_.erase(entry);
  delete &connection;
}

namespace {

/// Bytes behind the response, or an end: the connection is not clean (threat R14). TLS has messages of its own behind a
/// handshake: tickets, which are taken here.
bool is_quiet(UpstreamConnection& connection) {
  if (!connection.stream.channel().maybe_readable()) return true;
  if (connection.stream.tls() == nullptr) return false;
  char byte;
  const net::IoResult result = connection.stream.try_read({&byte, 1});
  return result.ok() && result.bytes == 0 && !connection.stream.channel().peer_closed();
}

}  // namespace

void GroupPool::on_activity(net::Channel&, void* owner) {
  auto& connection = *static_cast<Connection*>(owner);
  if (!is_quiet(connection)) connection.pool_->drop(connection);
}

UpstreamConnectionPtr GroupPool::take(const Peer& peer, const tls::ClientTarget& target) {
  auto entry = by_peer_.find(peer.state.get());
  if (entry == by_peer_.end()) return nullptr;
  for (Connection& connection : entry->second) {
    if (connection.target_ != target) continue;
    unlink(connection);
    return UpstreamConnectionPtr(&connection);
  }
  return nullptr;
}

void GroupPool::give_back(UpstreamConnectionPtr connection, const conf::Upstream& config,
                          std::chrono::seconds backend_timeout) {
  auto now = reactor_.clock().now();
  milliseconds idle_time = safe_idle_time(backend_timeout, config.keepalive_timeout);
  const bool is_clean = connection->stream.is_open() && connection->buffer.empty() && is_quiet(*connection);
  if (!is_clean || config.keepalive <= 0 || connection->requests >= config.keepalive_requests ||
      now - connection->created_ >= config.keepalive_time || idle_time.count() <= 0)
    return;
  connection->buffer.release();
  connection->pool_ = this;
  connection->stream.channel().set_hook(on_activity, connection.get());
  reactor_.arm(connection->idle_timer_, idle_time);
  Connection& kept = *connection.release();
  by_peer_[kept.peer_->state.get()].push_front(kept);
  by_age_.push_front(kept);
  if (by_age_.size() > static_cast<std::size_t>(config.keepalive)) drop(by_age_.back());
}

}  // namespace drishti::upstream
