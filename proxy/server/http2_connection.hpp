#pragma once
// One client connection that speaks HTTP/2: socket, deadlines, and the streams that are served on it at the same time.
// Owned by itself: start() runs it until it ends and then deletes it. Idle, it holds no buffer and no request state.

#include <boost/intrusive/list.hpp>
#include <coroutine>
#include <string_view>
#include <vector>

#include "net/stream.hpp"
#include "server/client_connection.hpp"
#include "server/connection_servers.hpp"
#include "server/http2_session.hpp"
#include "server/http2_stream.hpp"
#include "server/worker.hpp"

namespace drishti::server {

class Http2Connection final : public ClientConnection, private Http2Session::Owner {
 public:
  Http2Connection(Worker& worker, net::Stream stream, context::ConnectionInfo info, ConnectionServers servers);
  ~Http2Connection();
  /// EARLY: what was read already.
  void start(std::string_view early);

  void close_if_idle() override;
  void close_now() override;
  void configuration_changed() override;

  // ---- for its streams ----
  Worker& worker() { return worker_; }
  context::ConnectionInfo& info() { return info_; }
  Http2Session& session() { return session_; }
  http::HeadLimits head_limits();
  void head_came(Http2Stream& stream) { ready_.push_back(&stream); }
  void stream_closed(Http2Stream& stream) { closed_.push_back(&stream); }
  /// Other connections of the worker come first; whoever goes on writing at once awaits the next turn.
  bool has_had_its_share() const { return stream_.is_open() && stream_.channel().has_had_its_share(); }
  /// Frames go where there is room for them; they leave at the end of this turn at the latest.
  void send_some();
  void flush_soon();

 private:
  struct LastStream;  // awaited: no stream is left, and nothing is being written
  struct Written;     // awaited: nothing is being written
  enum class Awaits : std::uint8_t { nothing, head, request };
  struct Deadline : net::DeadlineWheel::Timer {
    Deadline(Http2Connection& owner, void (Http2Connection::*what)()) : Timer(passed), connection(owner), action(what) {}
    static void passed(net::DeadlineWheel::Timer& timer);
    Http2Connection& connection;
    void (Http2Connection::*action)();
  };

  // ---- Http2Session::Owner ----
  Http2Session::Stream* open_stream() override;
  void on_shutdown_seen() override;

  net::Task<void> run(std::string_view early);
  net::Task<bool> read_and_serve();
  bool serve(std::string_view bytes);
  void tell_why();
  void serve_new_streams();
  void run_stream(Http2Stream& stream);
  void end_stream(Http2Stream& stream);
  void tell_closed_streams();
  void set_deadline();
  void wait_for(Awaits what, net::milliseconds timeout);
  bool may_go_on() const { return stream_.is_open() && !is_over_ && session_.is_alive(); }
  void give_up();
  void shut_down();
  void finish_shutdown();
  bool gather();
  void flush();
  bool write_out();
  void shrink();
  net::Task<void> write_behind();
  void look_whether_over();
  net::Task<void> say_goodbye();
  net::Task<bool> read_away(net::milliseconds timeout);
  net::Task<void> linger();
  void leave_streams();
  void wake_last();

  Worker& worker_;
  mutable net::Stream stream_;
  context::ConnectionInfo info_;
  ConnectionServers servers_;
  Http2Session session_;
  boost::intrusive::list<Http2Stream> streams_;
  std::vector<Http2Stream*> ready_;    ///< whose head came in what is being read
  std::vector<Http2Stream*> closed_;   ///< which ended in this turn and have not been told
  net::Buffer out_;
  net::Reactor::TurnEnd flush_;
  Deadline deadline_;
  Deadline goodbye_;                   ///< a client that does not confirm begin_shutdown()
  std::coroutine_handle<> waits_for_last_;
  std::coroutine_handle<> waits_for_write_;
  Awaits awaits_ = Awaits::nothing;
  bool is_over_ = false;               ///< a deadline passed
  bool is_writing_ = false;            ///< the socket was full: write_behind() is at work
  bool is_stopping_ = false;           ///< begins nothing new
  bool is_shutting_down_ = false;      ///< the client was told so
  bool has_shut_down_ = false;         ///< and which stream is the last
  bool is_leaving_ = false;            ///< nothing is read or begun any more
  bool has_heard_ = false;             ///< something came while it lingers
};

}  // namespace drishti::server
