#include "server/connection_start.hpp"

#include <openssl/ssl.h>

#include "server/http1_connection.hpp"
#include "server/http2_connection.hpp"
#include "server/proxy_header_reader.hpp"
#include "server/tls_start.hpp"

namespace drishti::server {
namespace {

bool agreed_on_http2(const SSL* ssl) {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &name, &size);
  return std::string_view(reinterpret_cast<const char*>(name), size) == "h2";
}

}  // namespace

ConnectionStart::ConnectionStart(Worker& worker, int fd, context::ConnectionInfo info, ConnectionServers servers)
    : worker_(worker), stream_(worker.services().reactor, fd), info_(std::move(info)), servers_(std::move(servers)) {
  worker_.link(*this);
}

ConnectionStart::~ConnectionStart() { worker_.unlink(*this); }

void ConnectionStart::start() {
  [](ConnectionStart* self) -> net::Detached {
    co_await self->run();
    delete self;
  }(this);
}

net::Task<void> ConnectionStart::run() {
  const routing::ListenProtocols protocols = servers_.table().protocols();
  if (protocols.proxy_protocol) {
    const bool is_read = co_await read_proxy_header(worker_, stream_, servers_.default_server(), info_);
    if (!is_read) co_return;
  }
  if (protocols.ssl) {
    TlsStart tls(worker_, stream_, info_, servers_);
    const bool goes_on = co_await tls.run();
    if (!goes_on) co_return;
  }
  const bool is_http2 = info_.ssl != nullptr && agreed_on_http2(info_.ssl);
  if (is_http2) (new Http2Connection(worker_, std::move(stream_), std::move(info_), std::move(servers_)))->start({});
  else (new Http1Connection(worker_, std::move(stream_), std::move(info_), std::move(servers_)))->start();
}

}  // namespace drishti::server
