#include "admin/listener.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace drishti::admin {
namespace {

constexpr net::milliseconds pause{100};  // out of descriptors (threat X06)

bool is_passing(int error) { return error == EINTR || error == ECONNABORTED || error == EPROTO; }

}  // namespace

void Listener::listen(int fd) {
  stop_accepting();
  Acceptor& acceptor = acceptors_.emplace_back();
  acceptor.channel.open(reactor_, fd, EPOLLIN | EPOLLET | EPOLLEXCLUSIVE);
  acceptor.task = accept_all(acceptor);
}

// The coroutine may stand in the reactor's list already: it ends by itself and is cleared away later.
void Listener::stop_accepting() {
  acceptors_.remove_if([](const Acceptor& acceptor) { return acceptor.task.is_done(); });
  for (Acceptor& acceptor : acceptors_) acceptor.channel.close();
}

net::OwnedTask Listener::accept_all(Acceptor& acceptor) {
  net::Channel& channel = acceptor.channel;
  while (channel.is_open()) {
    const net::Wake wake = co_await channel.readable(net::milliseconds(0));
    if (wake != net::Wake::ready || !channel.is_open()) co_return;
    const int fd = ::accept4(channel.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    const int error = errno;
    if (fd >= 0) {
      accepted(fd);
    } else if (error == EAGAIN || error == EWOULDBLOCK) {
      channel.drained();
    } else if (!is_passing(error)) {
      co_await net::Sleep(reactor_, pause);
    }
  }
}

void Listener::accepted(int fd) {
  connections_.remove_if([](const Connection& connection) { return connection.is_done(); });
  if (connections_.size() >= most_connections) {
    ::close(fd);
    return;
  }
  connections_.emplace_back(reactor_, fd, handler_, tls_.get());
}

}  // namespace drishti::admin
