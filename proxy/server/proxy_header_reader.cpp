#include "server/proxy_header_reader.hpp"

#include <sys/socket.h>

#include <algorithm>

#include "http/proxy_header.hpp"

namespace drishti::server {
namespace {

using http::ProxyHeader;
using http::ProxyHeaderResult;
using http::ProxyHeaderState;
using metrics::ProxyHeaderFault;

/// Looks at what came so far. The bytes stay in the socket: what is behind the header is TLS's or HTTP's.
ProxyHeaderResult peek(net::Stream& stream, ProxyHeader& header) {
  char bytes[http::most_proxy_header];
  net::Channel& channel = stream.channel();
  const bool was_closed = channel.peer_closed();
  const ssize_t size = ::recv(stream.fd(), bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
  channel.drained();  // more of it is an event of its own
  const auto came = static_cast<std::size_t>(std::max<ssize_t>(size, 0));
  const ProxyHeaderResult result = http::parse_proxy_header({bytes, came}, header);
  const bool is_over = was_closed || size == 0;
  if (result.state == ProxyHeaderState::need_more && is_over) return {ProxyHeaderState::refused, 0, "cut off"};
  return result;
}

bool take(net::Stream& stream, std::size_t size) {
  char bytes[http::most_proxy_header];
  stream.channel().mark_readable();  // what is behind the header
  return ::recv(stream.fd(), bytes, size, MSG_DONTWAIT) == static_cast<ssize_t>(size);
}

void refuse(Worker& worker, const context::ConnectionInfo& info, ProxyHeaderFault fault, conf::LogLevel level,
            std::string_view reason) {
  const request::WorkerServices& services = worker.services();
  services.metrics.proxy_headers_refused[static_cast<std::size_t>(fault)].add();
  if (!services.error_log.enabled(level)) return;
  std::string line(reason);
  line.append(" while reading PROXY protocol, client: ").append(info.remote_text);
  services.error_log.write(level, info.id, line.append(", server: ").append(info.local.text()));
}

bool is_welcome(const conf::Server& server, const context::ConnectionInfo& info) {
  return !server.proxy_protocol_from || server.proxy_protocol_from->contains(info.remote);
}

}  // namespace

net::Task<bool> read_proxy_header(Worker& worker, net::Stream& stream, const conf::Server& server,
                                  context::ConnectionInfo& info) {
  using conf::LogLevel;
  if (!is_welcome(server, info)) {
    refuse(worker, info, ProxyHeaderFault::address, LogLevel::error, "peer is not one of proxy_protocol_from");
    co_return false;
  }
  const auto begun = worker.services().clock().now();
  ProxyHeader header;
  ProxyHeaderResult result;
  while ((result = peek(stream, header)).state == ProxyHeaderState::need_more) {
    const auto left = worker.time_left(begun, server.client_header_timeout);
    const net::Wake wake = co_await stream.channel().readable(std::max(left, net::milliseconds{1}));
    if (wake == net::Wake::cancelled && !stream.is_open()) co_return false;
    if (wake == net::Wake::cancelled) continue;  // there is less time now
    if (wake == net::Wake::ready) continue;
    refuse(worker, info, ProxyHeaderFault::timeout, LogLevel::info, "client timed out (110: Connection timed out)");
    co_return false;
  }
  if (result.state == ProxyHeaderState::refused || !take(stream, result.size)) {
    refuse(worker, info, ProxyHeaderFault::malformed, LogLevel::error, "broken header: " + std::string(result.reason));
    co_return false;
  }
  info.proxy_header = std::make_shared<const ProxyHeader>(std::move(header));
  co_return true;
}

}  // namespace drishti::server
