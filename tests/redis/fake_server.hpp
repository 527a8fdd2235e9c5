#pragma once
// Sends bytes that a real Redis never would. Answers the greeting properly, then SCRIPT to each command that follows.

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "conf/socket_address.hpp"

namespace drishti::cache::redis::testing {

class FakeServer {
 public:
  explicit FakeServer(std::string script) : script_(std::move(script)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    SocketAddress address = *SocketAddress::from_ip("127.0.0.1", 0);
    ::bind(listener_, address.data(), address.size());
    ::listen(listener_, 8);
    socklen_t size = address.size();
    ::getsockname(listener_, address.data(), &size);
    port_ = address.port();
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeServer() {
    stopping_ = true;
    thread_.join();
    ::close(listener_);
  }
  std::string url(const std::string& rest = {}) const { return "redis://127.0.0.1:" + std::to_string(port_) + rest; }

 private:
  void serve() {
    std::vector<pollfd> sockets{{listener_, POLLIN, 0}};
    while (!stopping_) {
      if (::poll(sockets.data(), sockets.size(), 5) <= 0) continue;
      if (sockets[0].revents) sockets.push_back({::accept(listener_, nullptr, nullptr), POLLIN, 0});
      for (std::size_t i = 1; i < sockets.size(); ++i)
        if (sockets[i].revents && !answer(sockets[i].fd)) {
          ::close(sockets[i].fd);
          sockets.erase(sockets.begin() + static_cast<std::ptrdiff_t>(i--));
        }
    }
    for (std::size_t i = 1; i < sockets.size(); ++i) ::close(sockets[i].fd);
  }
  bool answer(int fd) {
    char buffer[64 << 10];
    const ssize_t got = ::recv(fd, buffer, sizeof buffer, 0);
    if (got <= 0) return false;
    const std::string_view text(buffer, static_cast<std::size_t>(got));
    const bool is_greeting = text.find("SETNAME") != std::string_view::npos;
    const std::string reply = is_greeting ? "+OK\r\n+PONG\r\n" : script_;
    return ::send(fd, reply.data(), reply.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(reply.size());
  }

  std::string script_;
  int listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace drishti::cache::redis::testing
