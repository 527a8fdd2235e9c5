// How a connection of HTTP/2 ends: GOAWAY, the streams that are left, the last bytes.
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>

#include "server/http2_connection.hpp"

namespace drishti::server {

using net::milliseconds;

namespace {

constexpr milliseconds longest_goodbye{1000};
constexpr milliseconds longest_confirmation{2000};
constexpr milliseconds between_looks{100};  // at what the client has acknowledged

/// Bytes that the client's side has not acknowledged.
int unacknowledged(int fd) {
  int bytes = 0;
  return ::ioctl(fd, SIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

}  // namespace

void Http2Connection::close_if_idle() {
  is_stopping_ = true;
  if (is_leaving_) return stream_.channel().cancel_reading();
  if (!streams_.empty() || info_.requests == 0) return shut_down();
  finish_shutdown();
}

void Http2Connection::close_now() {
  is_stopping_ = true;
  stream_.close();
}

void Http2Connection::shut_down() {
  if (std::exchange(is_shutting_down_, true)) return;
  session_.begin_shutdown();
  worker_.services().reactor.arm(goodbye_, longest_confirmation);
  flush_soon();
}

void Http2Connection::on_shutdown_seen() {
  if (is_shutting_down_) finish_shutdown();
}

void Http2Connection::finish_shutdown() {
  if (std::exchange(has_shut_down_, true)) return;
  is_shutting_down_ = true;
  worker_.services().reactor.disarm(goodbye_);
  session_.finish_shutdown();
  flush_soon();
}

struct Http2Connection::Written {
  Http2Connection& connection;
  bool await_ready() const { return !connection.is_writing_; }
  void await_suspend(std::coroutine_handle<> handle) { connection.waits_for_write_ = handle; }
  void await_resume() {}
};

// The last frames have to arrive, whatever the client sends meanwhile.
net::Task<void> Http2Connection::say_goodbye() {
  flush();
  is_leaving_ = true;
  set_deadline();
  leave_streams();
  if (is_writing_ && session_.is_offended()) co_return;
  // GCC 12 miscompiles `is_writing_ && co_await ...` as a condition.
  for (bool goes_on = true; is_writing_ && goes_on;) goes_on = co_await read_away(milliseconds{0});
  co_await Written{*this};
  if (!stream_.is_open()) co_return;
  if (info_.may_be_early) co_await stream_.finish_handshake(longest_goodbye);
  stream_.shutdown_write();
  co_await linger();
}

/// False: nothing will come any more.
net::Task<bool> Http2Connection::read_away(milliseconds timeout) {
  std::array<char, 4096> waste;
  const net::IoResult result = co_await stream_.read_some(waste, timeout);
  if (result.bytes > 0) has_heard_ = true;
  const bool may_come = result.status == net::IoStatus::timeout || result.status == net::IoStatus::cancelled;
  co_return stream_.is_open() && (result.ok() || may_come);
}

// Closing with unread bytes in the socket sends RST, and so does closing when more comes, which destroys what the client has
// not acknowledged (lingering_close). When all is, the client is left the time to close first, unless the worker stops.
net::Task<void> Http2Connection::linger() {
  const conf::CoreSettings& core = servers_.default_server().root->core;
  if (*core.lingering_close == conf::LingeringClose::off) co_return;
  const milliseconds longest_silence = *core.lingering_timeout;  // a reload may end the configuration while this waits
  const net::Clock& clock = worker_.services().clock();
  const auto latest = clock.now() + (session_.is_offended() ? longest_goodbye : *core.lingering_time);
  auto heard = clock.now();
  for (int left = unacknowledged(stream_.fd()); left > 0 || !is_stopping_;) {
    const auto until = std::min(latest, heard + (left > 0 ? longest_silence : longest_goodbye));
    if (clock.now() >= until) co_return;
    const auto rest = std::chrono::ceil<milliseconds>(until - clock.now());
    if (!co_await read_away(left > 0 ? std::min(rest, between_looks) : rest)) co_return;
    const int before = std::exchange(left, unacknowledged(stream_.fd()));
    if (std::exchange(has_heard_, false) || left < before) heard = clock.now();
  }
}

void Http2Connection::leave_streams() {
  for (auto it = streams_.begin(); it != streams_.end();) {
    Http2Stream& stream = *it++;
    session_.forget(stream, NGHTTP2_CANCEL);
    stream_closed(stream);
  }
  tell_closed_streams();
}

void Http2Connection::wake_last() {
  if (!waits_for_last_ || !streams_.empty() || is_writing_) return;
  worker_.services().reactor.defer(std::exchange(waits_for_last_, {}));
}

}  // namespace drishti::server
