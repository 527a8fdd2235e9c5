#include "request/upgrade_tunnel.hpp"

#include <algorithm>
#include <optional>

#include "net/join.hpp"

namespace drishti::request {
namespace {

using metrics::TunnelEnd;

/// One direction.
struct Way {
  net::milliseconds write_limit;
  TunnelEnd end;              ///< why the tunnel ends when nothing more comes this way
  metrics::Counter& counter;
  std::uint64_t bytes = 0;

  void passed(std::size_t size) {
    bytes += size;
    counter.add(size);
  }
};

/// Both directions of a tunnel. Traffic in either keeps the whole tunnel alive.
struct Tunnel {
  WorkerServices& services;
  net::BytePipe& browser;
  net::BytePipe& backend;
  net::milliseconds idle_limit;
  net::Clock::Steady last;
  bool has_ended = false;
  std::optional<TunnelEnd> reason{};  ///< the first one

  net::milliseconds time_left() const {
    auto left = std::chrono::ceil<net::milliseconds>(last + idle_limit - services.clock().now());
    return std::max(left, net::milliseconds{1});
  }
  bool is_idle() const { return services.clock().now() - last >= idle_limit; }
  void note(TunnelEnd why) {
    if (!reason) reason = why;
  }
  /// Wakes both pumps; one that is about to run sees the flag.
  void end(TunnelEnd why) {
    note(why);
    has_ended = true;
    for (net::BytePipe* pipe : {&browser, &backend}) {
      if (!pipe->is_open()) continue;
      pipe->cancel();
      pipe->shutdown_write();
    }
  }
};

/// Who does not take what comes from the other.
TunnelEnd other_end(TunnelEnd end) { return end == TunnelEnd::client ? TunnelEnd::upstream : TunnelEnd::client; }

/// Copies one direction. Its EOF ends both, as in nginx: a side that is gone must not hold the other until a timeout. Who may
/// be half closed still hears the answer.
net::Task<void> pump(Tunnel& tunnel, net::BytePipe& from, net::BytePipe& to, Way& way) {
  TunnelEnd why = way.end;
  while (!tunnel.has_ended) {
    const net::Wake wake = co_await from.readable(tunnel.time_left());
    if (wake == net::Wake::timeout && !tunnel.is_idle()) continue;
    if (wake == net::Wake::timeout) why = TunnelEnd::timeout;
    if (wake != net::Wake::ready || tunnel.has_ended) break;
    tunnel.last = tunnel.services.clock().now();
    net::Buffer buffer = tunnel.services.buffers.take(net::BufferPool::medium);
    net::IoResult result = from.try_read(buffer.writable());
    if (result.status == net::IoStatus::eof && from.may_be_half_closed()) {
      tunnel.note(why);
      to.shutdown_write();
      co_return;
    }
    if (!result.ok()) break;
    if (result.bytes == 0) continue;
    iovec piece{buffer.data(), result.bytes};
    result = co_await to.write_all({&piece, 1}, way.write_limit);
    way.passed(result.bytes);
    if (result.ok()) continue;
    why = result.status == net::IoStatus::timeout ? TunnelEnd::timeout : other_end(why);
    break;
  }
  tunnel.end(why);
}

net::Task<bool> send_early(net::BytePipe& to, std::string_view bytes, net::milliseconds timeout) {
  if (bytes.empty()) co_return true;
  iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  net::IoResult result = co_await to.write_all({&piece, 1}, timeout);
  co_return result.ok();
}

}  // namespace

net::Task<void> run_tunnel(WorkerServices& services, context::RequestContext& context, ClientStream& client,
                           upstream::UpstreamConnection& connection) {
  client.begin_response(context);
  if (co_await client.write({}, true) != SendStatus::ok) co_return;
  std::string early;
  net::BytePipe& browser = client.upgrade(early);
  net::StreamPipe backend(connection.stream);
  Tunnel tunnel{services, browser, backend, *context.location->proxy.read_timeout, services.clock().now()};
  Way to_client{*context.location->core.send_timeout, TunnelEnd::upstream, services.metrics.tunnel_bytes_sent};
  Way to_backend{*context.location->proxy.send_timeout, TunnelEnd::client, services.metrics.tunnel_bytes_received};
  std::string from_backend(connection.buffer.readable());
  if (!co_await send_early(backend, early, *context.location->proxy.send_timeout)) co_return;
  if (!co_await send_early(browser, from_backend, *context.location->core.send_timeout)) co_return;
  // A worker that stops closes the client's stream; a pump that writes to the backend learns of it only this way.
  client.watch_for_close(
      [](void* self) {
        auto& ended = *static_cast<Tunnel*>(self);
        if (!ended.browser.is_open()) ended.end(ended.services.is_stopping ? TunnelEnd::shutdown : TunnelEnd::client);
      },
      &tunnel);
  services.metrics.tunnels_opened.add();
  to_client.passed(from_backend.size());
  to_backend.passed(early.size());
  net::Companion upward(pump(tunnel, browser, backend, to_backend));
  co_await pump(tunnel, backend, browser, to_client);
  co_await upward.join();
  client.watch_for_close(nullptr, nullptr);
  services.metrics.tunnels_closed[static_cast<std::size_t>(tunnel.reason.value_or(TunnelEnd::client))].add();
  context.bytes_sent += to_client.bytes;
  context.body_bytes_sent += to_client.bytes;
  context.attempts.back().bytes_received += to_client.bytes;
  context.attempts.back().bytes_sent += to_backend.bytes;
  context.completed = true;
}

}  // namespace drishti::request
