#pragma once
// The HTTP/2 connections of one group in one worker: as few as the peers' limits on streams allow.

#include <memory>
#include <vector>

#include "net/task.hpp"
#include "upstream/http2_session.hpp"

namespace drishti::upstream {

class Http2Pool {
 public:
  Http2Pool(net::Reactor& reactor, std::shared_ptr<tls::ClientSessions> sessions);
  ~Http2Pool();
  Http2Pool(const Http2Pool&) = delete;
  Http2Pool& operator=(const Http2Pool&) = delete;

  /// A connection with room for a request, the NEWEST or the oldest; null when there is none to be had now.
  Http2Session* find(const Peer& peer, const tls::ClientTarget& target, bool newest = false);
  /// The same, opened when there is none; RESULT tells why there is none. Waits through WAIT, whose wake(cancelled) ends it.
  /// FRESH: one that is open already is no good.
  net::Task<Http2Session*> get(Http2Opening opening, bool fresh, WaitPoint& wait, OpenResult& result);

  bool is_opening() const;
  std::size_t size() const { return sessions_.size(); }
  void clear();

 private:
  friend class Http2Session;
  struct Reaper : net::DeadlineWheel::Timer {
    explicit Reaper(Http2Pool& owner);
    Http2Pool& pool;
  };
  Http2Session& opening_for(Http2Opening opening);
  void reap_soon() { reactor_.arm(reaper_, std::chrono::milliseconds{1}); }
  void reap();

  net::Reactor& reactor_;
  std::shared_ptr<tls::ClientSessions> tls_sessions_;
  std::vector<std::unique_ptr<Http2Session>> sessions_;
  Reaper reaper_;
};

}  // namespace drishti::upstream
