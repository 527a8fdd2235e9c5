#include "server/connection_start.hpp"

#include "server/http1_connection.hpp"

namespace drishti::server {

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
  (new Http1Connection(worker_, stream_.release(), std::move(info_)))->start();
  co_return;
}

}  // namespace drishti::server
