#include "request/upgrade_tunnel.hpp"

#include "net/join.hpp"

namespace drishti::request {
namespace {

/// Traffic in either direction keeps the whole tunnel alive.
struct Activity {
  net::milliseconds idle_limit;
  net::Clock::Steady last;
};

/// Copies one direction until EOF, then ends the other side's direction; a failure or timeout ends both.
net::Task<void> pump(WorkerServices& services, net::Stream& from, net::Stream& to, Activity& activity,
                     std::uint64_t& bytes) {
  for (;;) {
    net::Wake wake = co_await from.channel().readable(activity.idle_limit);
    if (wake == net::Wake::timeout && services.clock().now() - activity.last < activity.idle_limit) continue;
    if (wake != net::Wake::ready) break;
    activity.last = services.clock().now();
    net::Buffer buffer = services.buffers.take(net::BufferPool::medium);
    net::IoResult result = from.try_read(buffer.writable());
    if (result.status == net::IoStatus::eof) {
      to.shutdown_write();
      co_return;
    }
    if (!result.ok()) break;
    if (result.bytes == 0) continue;
    iovec piece{buffer.data(), result.bytes};
    result = co_await to.write_all({&piece, 1}, activity.idle_limit);
    if (!result.ok()) break;
    bytes += result.bytes;
  }
  from.channel().cancel();
  to.channel().cancel();
  from.shutdown_write();
  to.shutdown_write();
}

net::Task<bool> send_early(net::Stream& to, std::string_view bytes, net::milliseconds timeout) {
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
  net::Stream& browser = client.upgrade(early);
  net::Stream& backend = connection.stream;
  Activity activity{*context.location->proxy.read_timeout, services.clock().now()};
  std::uint64_t to_client = 0, to_backend = 0;
  std::string from_backend(connection.buffer.readable());
  if (!co_await send_early(backend, early, *context.location->proxy.send_timeout)) co_return;
  if (!co_await send_early(browser, from_backend, *context.location->core.send_timeout)) co_return;
  net::Companion upward(pump(services, browser, backend, activity, to_backend));
  co_await pump(services, backend, browser, activity, to_client);
  co_await upward.join();
  context.bytes_sent += to_client + from_backend.size();
  context.body_bytes_sent += to_client + from_backend.size();
  context.attempts.back().bytes_received += to_client;
  context.attempts.back().bytes_sent += to_backend + early.size();
  context.completed = true;
}

}  // namespace drishti::request
