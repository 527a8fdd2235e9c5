#include "tests/support/backend_process.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <stdexcept>

namespace drishti::testing {

namespace {

constexpr std::size_t most_connections = 256;

/// Only system calls: the process that forked may have had threads that held locks. A read is taken for one request:
/// the proxy sends small heads in one segment and does not pipeline.
[[noreturn]] void serve(int listener, const char* answer, std::size_t size) {
  pollfd fds[most_connections];
  fds[0] = {listener, POLLIN, 0};
  nfds_t count = 1;
  for (;;) {
    if (::poll(fds, count, -1) < 0) ::_exit(1);
    for (nfds_t i = count; i-- > 1;) {
      if (fds[i].revents == 0) continue;
      char request[16384];
      ssize_t got = ::recv(fds[i].fd, request, sizeof request, 0);
      if (got > 0 && ::send(fds[i].fd, answer, size, MSG_NOSIGNAL) == static_cast<ssize_t>(size)) continue;
      ::close(fds[i].fd);
      fds[i] = fds[--count];
    }
    if (fds[0].revents == 0 || count == most_connections) continue;
    int fd = ::accept(listener, nullptr, nullptr);
    int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (fd >= 0) fds[count++] = {fd, POLLIN, 0};
  }
}

}  // namespace

BackendProcess::BackendProcess(std::string name, std::string ipv4, std::uint16_t port)
    : name_(std::move(name)), ipv4_(std::move(ipv4)), port_(port) {
  start();
}

void BackendProcess::start() {
  int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  ::inet_pton(AF_INET, ipv4_.c_str(), &address.sin_addr);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener, any, size) != 0 || ::listen(listener, 1024) != 0 || ::getsockname(listener, any, &size) != 0)
    throw std::runtime_error("backend cannot listen");
  port_ = ntohs(address.sin_port);
  std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(name_.size()) + "\r\n\r\n" + name_;
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    serve(listener, answer.data(), answer.size());
  }
  ::close(listener);
}

void BackendProcess::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace drishti::testing
