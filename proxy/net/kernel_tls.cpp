#include "net/kernel_tls.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace drishti::net {
namespace {

class TcpSocket {
 public:
  TcpSocket() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~TcpSocket() {
    if (fd_ >= 0) ::close(fd_);
  }
  TcpSocket(const TcpSocket&) = delete;
  TcpSocket& operator=(const TcpSocket&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

/// A port that the kernel chose.
bool listen_on_loopback(int fd, sockaddr_in& address) {
  address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  return ::bind(fd, generic, size) == 0 && ::listen(fd, 1) == 0 && ::getsockname(fd, generic, &size) == 0;
}

}  // namespace

bool kernel_has_tls() {
  const TcpSocket listener, client;
  sockaddr_in address;
  if (!listen_on_loopback(listener.fd(), address)) return false;
  if (::connect(client.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return false;
  return ::setsockopt(client.fd(), IPPROTO_TCP, TCP_ULP, "tls", sizeof "tls") == 0;
}

}  // namespace drishti::net
