#include "server/connection_start.hpp"

#include <openssl/ssl.h>

#include "server/http1_connection.hpp"
#include "server/http2_connection.hpp"
#include "server/proxy_header_reader.hpp"

namespace drishti::server {

namespace {

/// By ALPN (RFC 7301).
bool has_agreed_on_http2(const net::Stream& stream) {
  const unsigned char* protocol = nullptr;
  unsigned size = 0;
  if (stream.tls() != nullptr) SSL_get0_alpn_selected(stream.tls()->ssl(), &protocol, &size);
  return std::string_view(reinterpret_cast<const char*>(protocol), size) == "h2";
}

}  // namespace

ConnectionStart::ConnectionStart(Worker& worker, int fd, context::ConnectionInfo info)
    : worker_(worker), info_(std::move(info)) {
  stream_.open(worker.services().reactor, fd);
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
  const request::GenerationRef generation = worker_.generation();
  const routing::ServerTable& servers = generation->snapshot().router.table(info_.local);
  if (servers.protocols().proxy_protocol) {
    const bool is_read = co_await read_proxy_header(worker_, stream_, servers.default_server(), info_);
    if (!is_read) co_return;
  }
  if (has_agreed_on_http2(stream_)) (new Http2Connection(worker_, stream_.release(), std::move(info_)))->start({});
  else (new Http1Connection(worker_, stream_.release(), std::move(info_)))->start();
}

}  // namespace drishti::server
