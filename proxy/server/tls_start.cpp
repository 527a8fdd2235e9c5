#include "server/tls_start.hpp"

#include <openssl/ssl.h>

#include <algorithm>

#include "context/variables.hpp"
#include "server/request_state.hpp"

namespace drishti::server {

using metrics::HandshakeFailure;
using net::milliseconds;

namespace {

constexpr std::size_t smallest_record = 512, largest_record = 16 << 10;  // RFC 8446 5.1

/// A handshake record, or a ClientHello of SSLv2, which TLS then refuses.
bool is_tls(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte == 0x16 || (byte & 0x80) != 0;
}

std::size_t version_index(const SSL* ssl) {
  const int above_first = SSL_version(ssl) - TLS1_VERSION;
  return static_cast<std::size_t>(std::clamp(above_first, 0, 3));
}

}  // namespace

TlsStart::TlsStart(Worker& worker, net::Stream& stream, context::ConnectionInfo& info, ConnectionServers& servers)
    : worker_(worker), stream_(stream), info_(info), servers_(servers), contexts_(worker.tls()) {}

net::Task<bool> TlsStart::run() {
  const milliseconds timeout = servers_.default_server().client_header_timeout;
  const bool has_client = co_await wait_for_client(timeout);
  if (!has_client) co_return false;
  if (servers_.update(worker_, info_.local)) contexts_ = worker_.tls();
  if (info_.plain_on_tls) co_return true;
  if (!begin_tls()) co_return false;
  const bool ok = co_await handshake(timeout);
  co_return ok;
}

/// Until the first byte, which tells whether it is TLS. A client that comes and goes is no failed handshake.
net::Task<bool> TlsStart::wait_for_client(milliseconds timeout) {
  const auto begun = worker_.services().clock().now();
  for (;;) {
    const milliseconds left = worker_.time_left(begun, timeout);
    const net::Wake wake = left.count() > 0 ? co_await stream_.channel().readable(left) : net::Wake::timeout;
    if (wake == net::Wake::timeout) count(HandshakeFailure::timeout);
    if (wake == net::Wake::cancelled && stream_.is_open()) continue;  // there is less time now
    if (wake != net::Wake::ready) co_return false;
    char first = 0;
    const net::IoResult result = stream_.try_peek({&first, 1});
    if (!result.ok()) co_return false;
    if (result.bytes == 0) {
      if (stream_.channel().peer_closed()) co_return false;
      continue;
    }
    begun_ = worker_.services().clock().now();
    info_.plain_on_tls = !is_tls(first);
    if (info_.plain_on_tls) count(HandshakeFailure::plain_http);
    co_return true;
  }
}

bool TlsStart::begin_tls() {
  SSL* ssl = tls::ServerSession::accept(contexts_, servers_.default_server(), servers_.table().protocols().http2, *this,
                                        worker_.services().metrics.tls);
  if (ssl == nullptr) return false;
  stream_.start_tls(ssl);
  if (servers_.table().protocols().early_data) stream_.tls()->take_early_data();
  info_.ssl = ssl;
  return true;
}

net::Task<bool> TlsStart::handshake(milliseconds timeout) {
  const net::IoResult result = co_await stream_.handshake(timeout);
  tls::ServerSession::of(info_.ssl).ended();
  if (result.ok()) succeeded();
  else failed(result);
  co_return result.ok();
}

void TlsStart::succeeded() {
  metrics::TlsMetrics& counted = worker_.services().metrics.tls;
  auto& by_version = SSL_session_reused(info_.ssl) == 1 ? counted.resumed : counted.full;
  by_version[version_index(info_.ssl)].add();
  counted.duration.observe(worker_.services().clock().now() - begun_);
  if (stream_.tls()->settle_offer()) counted.kernel_sends.add();
  info_.tls = true;
  info_.may_be_early = stream_.tls()->is_early();
  const auto& settings = tls::ServerSession::of(info_.ssl).context().settings();
  stream_.tls()->set_record_size(
      std::clamp<std::size_t>(*settings.buffer_size, smallest_record, largest_record));
}

void TlsStart::failed(const net::IoResult& result) {
  if (result.status == net::IoStatus::cancelled) return;
  if (result.status == net::IoStatus::timeout) {
    count(HandshakeFailure::timeout);
    return log(conf::LogLevel::info, "client timed out (110: Connection timed out)");
  }
  count(tls::ServerSession::of(info_.ssl).failure());
  log(conf::LogLevel::info, "SSL_do_handshake() failed (SSL: " + stream_.tls()->error() + ")");
}

void TlsStart::count(HandshakeFailure failure) {
  worker_.services().metrics.tls.failed[static_cast<std::size_t>(failure)].add();
}

// ---- HandshakeHost ----

const conf::Server& TlsStart::find_server(std::string_view name) {
  if (name.empty()) return servers_.default_server();
  routing::RegexMatch match;
  return servers_.table().find(name, match);
}

std::string TlsStart::evaluate(const conf::Template& path) {
  auto state = worker_.take_state();
  context::RequestContext& context = state->context;
  context.connection = &info_;
  context.error_log = &worker_.services().error_log;
  context.config = servers_.generation()->snapshot().config.get();
  context.user_variables.resize(context.config->variables.size());
  context.server = &tls::ServerSession::of(info_.ssl).server();
  context.location = context.server->root.get();
  std::string text(context::evaluate(path, context));
  worker_.give_back(std::move(state));
  return text;
}

void TlsStart::log(conf::LogLevel level, const std::string& text) {
  net::ErrorLog& log = worker_.services().error_log;
  if (!log.enabled(level)) return;
  log.write(level, info_.id,
            text + " while SSL handshaking, client: " + info_.remote_text + ", server: " + info_.local.text());
}

void TlsStart::offer_to_kernel() {
  if (net::has_room_for_records(stream_.fd())) stream_.tls()->offer_to_kernel();
}

}  // namespace drishti::server
