// Socket, streams and deadlines of a connection. How it ends: http2_goodbye.cpp.
#include "server/http2_connection.hpp"

#include <algorithm>
#include <cassert>

#include "server/head_limits.hpp"

namespace drishti::server {

using net::milliseconds;

namespace {

Http2SessionSettings settings_of(const conf::Server& server) {
  Http2SessionSettings settings;
  settings.most_streams = server.http2_limits.most_streams;
  settings.stream_window = server.http2_limits.body_preread_size;
  settings.most_head_bytes = static_cast<std::uint32_t>(std::min<std::size_t>(head_limits_of(server).total, UINT32_MAX));
  return settings;
}

}  // namespace

Http2Connection::Http2Connection(Worker& worker, net::Stream stream, context::ConnectionInfo info, ConnectionServers servers)
    : worker_(worker),
      stream_(std::move(stream)),
      info_(std::move(info)),
      servers_(std::move(servers)),
      session_(*this, worker.services().clock(), settings_of(servers_.default_server())),
      flush_(worker.services().reactor, [](void* self) { static_cast<Http2Connection*>(self)->flush(); }, this),
      deadline_(*this, &Http2Connection::give_up),
      goodbye_(*this, &Http2Connection::finish_shutdown) {
  worker_.link(*this);
}

Http2Connection::~Http2Connection() { worker_.unlink(*this); }

void Http2Connection::start(std::string_view early) {
  [](Http2Connection* self, std::string_view bytes) -> net::Detached {
    co_await self->run(bytes);
    delete self;
  }(this, early);
}

http::HeadLimits Http2Connection::head_limits() { return head_limits_of(servers_.default_server()); }

// Its streams hold the configuration that they began with.
void Http2Connection::configuration_changed() {
  if (!servers_.update(worker_, info_.local)) shut_down();
}

// ---- the loop ----

struct Http2Connection::LastStream {
  Http2Connection& connection;
  bool await_ready() const { return connection.streams_.empty() && !connection.is_writing_; }
  void await_suspend(std::coroutine_handle<> handle) { connection.waits_for_last_ = handle; }
  void await_resume() {}
};

net::Task<void> Http2Connection::run(std::string_view early) {
  set_deadline();
  if (worker_.is_draining()) close_if_idle();
  bool goes_on = early.empty() || serve(early);
  flush_soon();
  while (goes_on && may_go_on()) goes_on = co_await read_and_serve();
  tell_why();
  co_await say_goodbye();
  stream_.close();
  leave_streams();
  co_await LastStream{*this};
}

// Memory is taken when there is something to read; what is half a frame stays with the session.
net::Task<bool> Http2Connection::read_and_serve() {
  const net::Wake wake = co_await stream_.channel().readable(milliseconds{0});
  if (wake != net::Wake::ready) co_return true;  // somebody has changed something: look again
  net::Buffer buffer = worker_.services().buffers.take(net::BufferPool::medium);
  const net::IoResult result = stream_.try_read(buffer.writable());
  if (!result.ok()) {
    stream_.close();
    co_return false;
  }
  if (result.bytes > 0) co_return serve({buffer.data(), result.bytes});
  if (stream_.channel().peer_closed()) stream_.close();
  co_return stream_.is_open();
}

bool Http2Connection::serve(std::string_view bytes) {
  const bool goes_on = session_.receive(bytes);
  serve_new_streams();
  tell_closed_streams();
  set_deadline();
  flush_soon();
  return goes_on;
}

void Http2Connection::tell_why() {
  if (session_.error().empty()) return;
  request::WorkerServices& services = worker_.services();
  services.error_log.write(conf::LogLevel::info, info_.id, session_.error() + ", client: " + info_.remote_text);
  if (session_.flood() != Http2FloodReason::none)
    services.metrics.http2_floods[static_cast<std::size_t>(session_.flood())].add();
}

Http2Session::Stream* Http2Connection::open_stream() {
  // A stream that the client gave up counts until the work for it has ended (T01, T02).
  if (streams_.size() >= servers_.default_server().http2_limits.most_streams) return nullptr;
  stream_.channel().worked(0);  // a request is work, however few bytes it has
  auto* stream = new Http2Stream(*this);
  streams_.push_back(*stream);
  wait_for(Awaits::nothing, {});
  return stream;
}

void Http2Connection::serve_new_streams() {
  for (std::size_t i = 0; i < ready_.size(); ++i)
    if (ready_[i]->is_wanted()) run_stream(*ready_[i]);
  if (ready_.empty()) return;
  ready_.clear();
  const conf::CoreSettings& core = servers_.default_server().root->core;
  const bool is_old = worker_.services().clock().now() - info_.accepted_at >= *core.keepalive_time;
  if (is_old || info_.requests >= *core.keepalive_requests) shut_down();
}

void Http2Connection::run_stream(Http2Stream& stream) {
  stream.has_begun = true;
  [](Http2Connection* self, Http2Stream* begun) -> net::Detached {
    co_await begun->run(self->servers_);
    self->end_stream(*begun);
  }(this, &stream);
}

void Http2Connection::end_stream(Http2Stream& stream) {
  assert(stream.has_begun || ready_.empty());
  if (!closed_.empty()) std::erase(closed_, &stream);
  streams_.erase(streams_.iterator_to(stream));
  delete &stream;
  if (!streams_.empty()) return;
  if (is_stopping_) finish_shutdown();
  set_deadline();
  wake_last();
}

void Http2Connection::tell_closed_streams() {
  while (!closed_.empty()) {
    Http2Stream& stream = *closed_.back();
    closed_.pop_back();
    if (stream.has_begun) stream.tell_closed();
    else end_stream(stream);
  }
}

// ---- deadlines ----

void Http2Connection::set_deadline() {
  const conf::Server& server = servers_.default_server();
  if (is_leaving_) return wait_for(Awaits::nothing, {});
  if (session_.is_inside_head()) return wait_for(Awaits::head, server.client_header_timeout);
  if (!streams_.empty() || is_writing_) return wait_for(Awaits::nothing, {});
  const bool is_first = info_.requests == 0;
  wait_for(Awaits::request, is_first ? server.client_header_timeout : *server.root->core.keepalive_timeout);
}

// What the client sends besides does not put off what is waited for (T21).
void Http2Connection::wait_for(Awaits what, milliseconds timeout) {
  if (awaits_ == what && what != Awaits::nothing) return;
  awaits_ = what;
  net::Reactor& reactor = worker_.services().reactor;
  if (what == Awaits::nothing) reactor.disarm(deadline_);
  else reactor.arm(deadline_, timeout);
}

void Http2Connection::Deadline::passed(net::DeadlineWheel::Timer& timer) {
  auto& deadline = static_cast<Deadline&>(timer);
  (deadline.connection.*deadline.action)();
}

void Http2Connection::give_up() {
  is_over_ = true;
  finish_shutdown();
  stream_.channel().cancel_reading();
}

// ---- writing ----

void Http2Connection::flush_soon() { flush_.ask(); }

void Http2Connection::send_some() {
  if (gather()) flush_soon();
}

/// All frames that there are; false when they can't leave now.
bool Http2Connection::gather() {
  if (is_writing_ || is_leaving_ || !stream_.is_open()) return false;
  if (!session_.has_frames()) return true;
  if (!out_) out_ = worker_.services().buffers.take(net::BufferPool::medium);
  while (!session_.produce(out_)) {
    if (!write_out()) return false;
    // There is much, and the socket takes it: fewer system calls a byte.
    if (out_.capacity() < net::BufferPool::large) out_ = worker_.services().buffers.take(net::BufferPool::large);
  }
  return true;
}

// All that gathered in a turn leaves in one write. Streams learn of their end here and behind serve_new_streams(), and
// not where a frame ended them: that may be in the middle of another stream's write.
void Http2Connection::flush() {
  if (gather() && (out_.empty() || write_out())) out_.release();
  tell_closed_streams();
  look_whether_over();
}

/// False: it can't go on at once.
bool Http2Connection::write_out() {
  const iovec piece{const_cast<char*>(out_.readable().data()), out_.readable().size()};
  const net::IoResult result = stream_.try_write(&piece, 1);
  if (!result.ok()) {
    stream_.close();
    return false;
  }
  out_.consumed(result.bytes);
  if (!out_.empty() || stream_.has_unsent()) {
    is_writing_ = true;
    if (out_.readable().size() <= net::BufferPool::medium) shrink();
    net::spawn(write_behind());
    return false;
  }
  out_.clear();
  return true;
}

/// Whoever waits for a slow client holds as little as possible.
void Http2Connection::shrink() {
  if (out_.capacity() <= net::BufferPool::medium) return;
  net::Buffer rest = worker_.services().buffers.take(net::BufferPool::medium);
  std::copy(out_.readable().begin(), out_.readable().end(), rest.data());
  rest.produced(out_.readable().size());
  out_ = std::move(rest);
}

// The socket is full. What the streams have waits there, each with its own deadline.
net::Task<void> Http2Connection::write_behind() {
  const milliseconds timeout = *servers_.default_server().root->core.send_timeout;
  do {
    iovec piece{const_cast<char*>(out_.readable().data()), out_.readable().size()};
    const net::IoResult result = co_await stream_.write_all({&piece, 1}, timeout);
    if (!result.ok()) {
      stream_.close();
      break;
    }
    out_.clear();
    session_.produce(out_);
    flush_soon();
  } while (!out_.empty());
  out_.release();
  is_writing_ = false;
  set_deadline();
  look_whether_over();
  if (waits_for_write_) worker_.services().reactor.defer(std::exchange(waits_for_write_, {}));
  wake_last();
}

void Http2Connection::look_whether_over() {
  if (is_leaving_ || !stream_.is_open() || !session_.is_alive()) stream_.channel().cancel_reading();
}

}  // namespace drishti::server
