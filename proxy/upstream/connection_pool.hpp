#pragma once
// Idle upstream connections of one worker, by group and peer. The newest is reused first; an idle connection on which
// anything happens is closed; none is reused within a safety margin of the backend's own idle limit.

#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "conf/config.hpp"
#include "net/buffer_pool.hpp"
#include "net/stream.hpp"
#include "tls/client_sessions.hpp"
#include "upstream/http2_pool.hpp"
#include "upstream/peer.hpp"

namespace drishti::upstream {

class GroupPool;

/// A connection to a peer; owned by the attempt that uses it, or by the pool while idle.
class UpstreamConnection {
 public:
  UpstreamConnection(std::shared_ptr<const Peer> peer, net::Clock::Steady now, tls::ClientTarget target = {})
      : peer_(std::move(peer)), target_(std::move(target)), created_(now), idle_timer_(*this) {}

  net::Stream stream;
  net::Buffer buffer;              ///< unread bytes of the response; released while idle
  std::uint64_t requests = 0;      ///< sent on it so far
  const Peer& peer() const { return *peer_; }
  const tls::ClientTarget& target() const { return target_; }
  bool is_reused() const { return requests > 1; }

 private:
  friend class GroupPool;
  struct IdleTimer : net::DeadlineWheel::Timer {
    explicit IdleTimer(UpstreamConnection& connection);
    UpstreamConnection& owner;
  };
  std::shared_ptr<const Peer> peer_;
  tls::ClientTarget target_;
  net::Clock::Steady created_;
  GroupPool* pool_ = nullptr;
  IdleTimer idle_timer_;
  boost::intrusive::list_member_hook<> peer_hook_, age_hook_;
};

using UpstreamConnectionPtr = std::unique_ptr<UpstreamConnection>;

/// The idle connections of one group in one worker.
class GroupPool {
 public:
  explicit GroupPool(net::Reactor& reactor)
      : reactor_(reactor), tls_sessions_(std::make_shared<tls::ClientSessions>()), http2_(reactor, tls_sessions_) {}
  ~GroupPool();
  GroupPool(const GroupPool&) = delete;
  GroupPool& operator=(const GroupPool&) = delete;

  /// The newest idle connection to PEER that is still clean, or null. With TLS it is one of the same TARGET.
  UpstreamConnectionPtr take(const Peer& peer, const tls::ClientTarget& target = {});
  /// Keeps a connection whose response ended cleanly, or closes it by the limits of CONFIG (keepalive, _requests, _time,
  /// _timeout). `backend_timeout` is what the backend said in `Keep-Alive: timeout=` (0 = nothing).
  void give_back(UpstreamConnectionPtr connection, const conf::Upstream& config, std::chrono::seconds backend_timeout);
  std::size_t idle() const { return by_age_.size(); }
  Http2Pool& http2() { return http2_; }
  /// TLS sessions with the group's peers, to be resumed.
  const std::shared_ptr<tls::ClientSessions>& tls_sessions() const { return tls_sessions_; }
  void clear();

 private:
  friend class UpstreamConnection;
  using Connection = UpstreamConnection;
  using PeerList = boost::intrusive::list<
      Connection, boost::intrusive::member_hook<Connection, boost::intrusive::list_member_hook<>, &Connection::peer_hook_>>;
  using AgeList = boost::intrusive::list<
      Connection, boost::intrusive::member_hook<Connection, boost::intrusive::list_member_hook<>, &Connection::age_hook_>>;
  void unlink(Connection& connection);
  void drop(Connection& connection);
  static void on_activity(net::Channel&, void* connection);

  net::Reactor& reactor_;
  std::unordered_map<const PeerState*, PeerList> by_peer_;
  AgeList by_age_;  // newest first
  std::shared_ptr<tls::ClientSessions> tls_sessions_;
  Http2Pool http2_;
};

/// How long an idle connection may be reused when the backend closes it after BACKEND_TIMEOUT and we after OWN_TIMEOUT:
/// a second (or half of a short timeout) is left for the request to arrive before the backend's FIN (pain 12).
std::chrono::milliseconds safe_idle_time(std::chrono::seconds backend_timeout, std::chrono::milliseconds own_timeout);

}  // namespace drishti::upstream
