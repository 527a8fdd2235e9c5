#pragma once
// An HTTP/2 connection to a peer, shared by the requests of a worker. Opened once for all who ask meanwhile. It lives in a
// Http2Pool, driven by its socket's events alone.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conf/config.hpp"
#include "net/stream.hpp"
#include "tls/client_sessions.hpp"
#include "upstream/http2_client.hpp"
#include "upstream/peer.hpp"

namespace drishti::upstream {

class Http2Pool;

/// How a connection is made; of the first request that asks for it.
struct Http2Opening {
  std::shared_ptr<const Peer> peer;
  tls::ClientTarget target;
  std::optional<SocketAddress> bind_to;
  bool socket_keepalive = false;
  std::chrono::milliseconds connect_timeout{60000};
  std::chrono::milliseconds send_timeout{60000};
  std::shared_ptr<const conf::Upstream> config;  ///< keepalive and its limits
};

/// How an opening ended.
struct OpenResult {
  enum class Kind : std::uint8_t { open, connect, timeout, local, cancelled };
  Kind kind = Kind::open;
  int error = 0;
  std::string reason;      ///< more than errno tells, for the log
  std::optional<bool> resumed;  ///< of a TLS handshake that went well
  bool handshake_failed = false;
};

class Http2Session final : private Http2Client::Owner {
 public:
  Http2Session(net::Reactor& reactor, Http2Pool& pool, Http2Opening opening);
  ~Http2Session();
  Http2Session(const Http2Session&) = delete;
  Http2Session& operator=(const Http2Session&) = delete;

  /// Begins to connect. Those that wait() are told.
  void open();
  bool is_opening() const { return state_ == State::opening; }
  /// No coroutine of its own is on its way: it may be destroyed.
  bool may_go() const { return task_.is_done(); }
  /// How the opening ended, once it is over.
  std::shared_ptr<const OpenResult> opened() const { return opened_; }
  /// Told when the opening is over.
  void add_waiter(WaitPoint& waiter) { waiters_.push_back(&waiter); }
  void remove_waiter(WaitPoint& waiter) { std::erase(waiters_, &waiter); }
  std::size_t waiters() const { return waiters_.size(); }

  /// A request of its kind may begin now.
  bool has_room() const;
  bool is_for(const Peer& peer, const tls::ClientTarget& target) const {
    return opening_.peer->state == peer.state && opening_.target == target;
  }
  /// As Http2Client::submit().
  bool submit(Http2Stream& stream, std::span<const http::Field> fields, bool has_body);
  /// It served a request before.
  bool is_reused() const { return requests_ > 1; }
  bool is_closed() const { return state_ == State::closed; }
  /// Ends it, and all of its streams.
  void close();

 private:
  enum class State : std::uint8_t { opening, open, closed };
  struct IdleTimer : net::DeadlineWheel::Timer {
    explicit IdleTimer(Http2Session& owner);
    Http2Session& session;
  };
  struct SendTimer : net::DeadlineWheel::Timer {
    explicit SendTimer(Http2Session& owner);
    Http2Session& session;
  };
  struct LateTimer : net::DeadlineWheel::Timer {
    explicit LateTimer(Http2Session& owner);
    Http2Session& session;
  };

  net::OwnedTask run_opening();
  net::Task<OpenResult> connect();
  net::Task<OpenResult> greet();
  void finish_opening(OpenResult result);
  std::chrono::milliseconds time_left() const;

  void has_output() override { flush(); }
  void stream_ended() override;
  void has_late_streams() override;
  void end_late_streams();
  static void on_events(net::Channel&, void* session);
  void work();
  bool read();
  void flush();
  bool write_frames();
  void settle();
  bool is_worn_out() const;

  net::Reactor& reactor_;
  Http2Pool& pool_;
  Http2Opening opening_;
  net::Clock::Steady created_;
  std::shared_ptr<OpenResult> opened_ = std::make_shared<OpenResult>();
  State state_ = State::opening;
  std::vector<WaitPoint*> waiters_;
  net::Stream stream_;
  Http2Client client_;
  std::string output_;          ///< frames that the socket did not take yet
  std::size_t output_sent_ = 0;
  std::uint64_t requests_ = 0;
  bool is_working_ = false;   ///< reads: frames are written when it has read all
  bool is_flushing_ = false;
  IdleTimer idle_timer_;
  SendTimer send_timer_;
  LateTimer late_timer_;
  net::OwnedTask task_;
};

}  // namespace drishti::upstream
