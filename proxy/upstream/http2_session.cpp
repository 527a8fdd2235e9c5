#include "upstream/http2_session.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "upstream/http2_pool.hpp"
#include "upstream/upstream_handshake.hpp"

namespace drishti::upstream {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t read_size = 64 << 10;
constexpr std::size_t output_size = 64 << 10;
constexpr milliseconds grace_of_late_streams{200};  ///< once or twice, from the last byte of a body to END_STREAM

bool is_local_error(int error) {
  return error == EADDRNOTAVAIL || error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

OpenResult failed_with(OpenResult::Kind kind, int error, std::string reason = {}) {
  OpenResult result;
  result.kind = kind;
  result.error = error;
  result.reason = std::move(reason);
  return result;
}

}  // namespace

Http2Session::IdleTimer::IdleTimer(Http2Session& owner)
    : Timer([](net::DeadlineWheel::Timer& timer) {
        Http2Session& idle = static_cast<IdleTimer&>(timer).session;
        idle.close();
      }),
      session(owner) {}

Http2Session::SendTimer::SendTimer(Http2Session& owner)
    : Timer([](net::DeadlineWheel::Timer& timer) { static_cast<SendTimer&>(timer).session.close(); }), session(owner) {}

Http2Session::LateTimer::LateTimer(Http2Session& owner)
    : Timer([](net::DeadlineWheel::Timer& timer) { static_cast<LateTimer&>(timer).session.end_late_streams(); }),
      session(owner) {}

Http2Session::Http2Session(net::Reactor& reactor, Http2Pool& pool, Http2Opening opening)
    : reactor_(reactor),
      pool_(pool),
      opening_(std::move(opening)),
      created_(reactor.clock().now()),
      client_(*this, created_),
      idle_timer_(*this),
      send_timer_(*this),
      late_timer_(*this) {}

Http2Session::~Http2Session() {
  state_ = State::closed;
  task_ = {};
  if (stream_.is_open()) stream_.channel().forget_waiters();
}

// ---- opening --------------------------------------------------------------------------------------------------------

void Http2Session::open() { task_ = run_opening(); }

milliseconds Http2Session::time_left() const {
  const auto end = created_ + opening_.connect_timeout;
  return std::max(milliseconds{1}, std::chrono::ceil<milliseconds>(end - reactor_.clock().now()));
}

net::OwnedTask Http2Session::run_opening() {
  OpenResult result = co_await connect();
  if (result.kind == OpenResult::Kind::open) {
    const auto resumed = result.resumed;
    result = co_await greet();
    result.resumed = resumed;
  }
  finish_opening(std::move(result));
}

net::Task<OpenResult> Http2Session::connect() {
  using Kind = OpenResult::Kind;
  const SocketAddress* from = opening_.bind_to ? &*opening_.bind_to : nullptr;
  const net::IoResult connected =
      co_await net::connect(reactor_, stream_, opening_.peer->address, from, opening_.connect_timeout);
  if (connected.status == net::IoStatus::timeout) co_return failed_with(Kind::timeout, 0);
  if (!connected.ok())
    co_return failed_with(is_local_error(connected.error) ? Kind::local : Kind::connect, connected.error);
  const int on = 1;
  if (opening_.socket_keepalive) ::setsockopt(stream_.fd(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  OpenResult result;
  if (!opening_.target) co_return result;
  HandshakeResult shaken =
      co_await shake_hands(stream_, opening_.target, opening_.peer->address_text, pool_.tls_sessions_, time_left());
  if (shaken.ok()) result.resumed = shaken.resumed;
  else result = failed_with(shaken.status == net::IoStatus::timeout ? Kind::timeout : Kind::connect, 0, shaken.reason);
  result.handshake_failed = !shaken.ok();
  co_return result;
}

// Until the upstream's SETTINGS came it is not known whether it speaks HTTP/2 at all, nor how many requests it takes at
// once; nothing was sent to it that could not be sent to another.
net::Task<OpenResult> Http2Session::greet() {
  using Kind = OpenResult::Kind;
  flush();
  while (stream_.is_open() && !client_.is_ready()) {
    const net::Wake wake = co_await stream_.channel().readable(time_left());
    if (wake == net::Wake::timeout) co_return failed_with(Kind::timeout, 0);
    if (wake == net::Wake::cancelled || !read()) break;
    flush();
    if (client_.is_over()) break;
  }
  if (client_.is_ready() && client_.room() > 0) co_return OpenResult{};
  std::string reason = client_.error();
  if (reason.empty()) reason = client_.is_ready() ? "upstream takes no requests" : "upstream does not speak HTTP/2";
  co_return failed_with(Kind::connect, 0, reason + " while connecting to upstream");
}

void Http2Session::finish_opening(OpenResult result) {
  *opened_ = std::move(result);
  if (opened_->kind == OpenResult::Kind::open) {
    state_ = State::open;
    stream_.channel().set_hook(on_events, this);
    stream_.channel().call_hook_for_room();
    if (stream_.channel().maybe_readable()) work();
    else settle();
  } else {
    close();
  }
  for (WaitPoint* waiter : std::exchange(waiters_, {})) waiter->wake();
}

// ---- requests -------------------------------------------------------------------------------------------------------

bool Http2Session::is_worn_out() const {
  const conf::Upstream& config = *opening_.config;
  const std::uint64_t most = config.keepalive > 0 ? config.keepalive_requests : 1;
  return requests_ >= most || reactor_.clock().now() - created_ >= config.keepalive_time;
}

bool Http2Session::has_room() const { return state_ == State::open && client_.room() > 0 && !is_worn_out(); }

bool Http2Session::submit(Http2Stream& stream, std::span<const http::Field> fields, bool has_body) {
  if (!client_.submit(stream, fields, has_body)) return false;
  ++requests_;
  reactor_.disarm(idle_timer_);
  flush();
  return true;
}

void Http2Session::stream_ended() {
  if (!is_working_ && !is_flushing_) settle();
}

void Http2Session::has_late_streams() {
  if (state_ == State::open && !late_timer_.armed()) reactor_.arm(late_timer_, grace_of_late_streams);
}

void Http2Session::end_late_streams() {
  if (client_.reset_late_streams()) has_late_streams();
  flush();
}

/// What becomes of it when nothing is under way.
void Http2Session::settle() {
  if (state_ != State::open || client_.streams() > 0) return;
  const bool is_done = client_.is_going_away() || client_.is_over() || is_worn_out();
  if (is_done && output_.empty()) return close();
  reactor_.arm(idle_timer_, is_done ? opening_.send_timeout : opening_.config->keepalive_timeout);
}

void Http2Session::close() {
  if (state_ == State::closed) return;
  const bool is_polite = state_ == State::open && client_.streams() == 0;
  state_ = State::closed;
  if (is_polite) {
    client_.go_away();
    flush();  // as far as the socket takes it
  }
  reactor_.disarm(idle_timer_);
  reactor_.disarm(send_timer_);
  reactor_.disarm(late_timer_);
  if (stream_.is_open()) stream_.channel().set_hook(nullptr, nullptr);
  stream_.close();
  client_.lose_streams();
  pool_.reap_soon();
}

// ---- bytes ----------------------------------------------------------------------------------------------------------

void Http2Session::on_events(net::Channel&, void* session) { static_cast<Http2Session*>(session)->work(); }

// The hook of the socket: something came, or there is room again.
void Http2Session::work() {
  is_working_ = true;
  const bool is_good = read();
  is_working_ = false;
  flush();
  if (!is_good) close();
}

/// False: the connection is over. Others of the worker come first when much has come already.
bool Http2Session::read() {
  net::Channel& channel = stream_.channel();
  std::array<char, read_size> buffer;
  while (channel.maybe_readable()) {
    const net::IoResult result = stream_.try_read(buffer);
    if (!result.ok()) return false;
    if (result.bytes == 0) return !channel.peer_closed();
    if (!client_.take({buffer.data(), result.bytes}, reactor_.clock().now())) return false;
    if (!channel.has_had_its_share()) continue;
    channel.call_hook_next_turn();
    break;
  }
  return true;
}

void Http2Session::flush() {
  if (is_working_ || is_flushing_ || !stream_.is_open()) return;
  is_flushing_ = true;
  const bool is_good = write_frames();
  is_flushing_ = false;
  if (!is_good || (state_ == State::open && client_.is_over())) return close();
  settle();
}

/// As many as the socket takes. False: the connection is over.
bool Http2Session::write_frames() {
  for (;;) {
    if (output_sent_ == output_.size()) {
      output_.clear();
      output_sent_ = 0;
      if (!client_.write(output_, output_size)) return false;
    }
    if (output_.empty() && !stream_.has_unsent()) break;
    const iovec piece{output_.data() + output_sent_, output_.size() - output_sent_};
    const net::IoResult result = stream_.try_write(&piece, piece.iov_len > 0 ? 1 : 0);
    if (!result.ok()) return false;
    output_sent_ += result.bytes;
    const bool is_stuck = output_sent_ < output_.size() ? result.bytes == 0 : stream_.has_unsent();
    if (!is_stuck) continue;
    if (!send_timer_.armed() || result.bytes > 0) reactor_.arm(send_timer_, opening_.send_timeout);
    return true;
  }
  reactor_.disarm(send_timer_);
  if (client_.streams() == 0) output_ = {};
  return true;
}

}  // namespace drishti::upstream
