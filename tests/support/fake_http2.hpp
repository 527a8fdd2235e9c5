#pragma once
// An HTTP/2 upstream that answers each request with scripted frames. One thread; the connections of a test are few.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/grpc_frames.hpp"

namespace drishti::testing {

class FakeHttp2 {
 public:
  /// What is sent for the request that began on STREAM.
  using Script = std::function<std::string(int stream)>;
  explicit FakeHttp2(Script script, std::string greeting = h2_settings)
      : script_(std::move(script)), greeting_(std::move(greeting)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_, 64);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ::ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~FakeHttp2() {
    stopping_ = true;
    thread_.join();
    for (const Connection& connection : connections_) ::close(connection.fd);
    ::close(listener_);
  }
  FakeHttp2(const FakeHttp2&) = delete;
  FakeHttp2& operator=(const FakeHttp2&) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  int connections() const { return accepted_; }
  int requests() const { return requests_; }

 private:
  struct Connection {
    int fd;
    std::string bytes{};
    bool greeted = false;
  };

  void run() {
    while (!stopping_) {
      std::vector<pollfd> wanted{{listener_, POLLIN, 0}};
      for (const Connection& connection : connections_) wanted.push_back({connection.fd, POLLIN, 0});
      if (::poll(wanted.data(), wanted.size(), 20) <= 0) continue;
      for (std::size_t i = wanted.size() - 1; i > 0; --i)
        if (wanted[i].revents != 0 && !read(connections_[i - 1])) {
          ::close(connections_[i - 1].fd);
          connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(i - 1));
        }
      if (wanted[0].revents != 0) {
        connections_.push_back({::accept(listener_, nullptr, nullptr)});
        send(connections_.back(), greeting_);
        ++accepted_;
      }
    }
  }
  static void send(const Connection& connection, const std::string& bytes) {
    static_cast<void>(::send(connection.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }
  bool read(Connection& connection) {
    char buffer[16384];
    const ssize_t n = ::recv(connection.fd, buffer, sizeof buffer, 0);
    if (n <= 0) return false;
    connection.bytes.append(buffer, static_cast<std::size_t>(n));
    constexpr std::size_t preface = 24, head = 9;
    std::string& bytes = connection.bytes;
    if (!connection.greeted && bytes.size() >= preface) {
      connection.greeted = true;
      bytes.erase(0, preface);
    }
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
    while (connection.greeted && bytes.size() >= head) {
      const std::size_t size = head + static_cast<std::size_t>(byte(0) << 16 | byte(1) << 8 | byte(2));
      if (bytes.size() < size) break;
      if (byte(3) == 1) {
        ++requests_;
        send(connection, script_(byte(7) << 8 | byte(8)));
      }
      bytes.erase(0, size);
    }
    return true;
  }

  Script script_;
  std::string greeting_;
  int listener_;
  int port_ = 0;
  std::vector<Connection> connections_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> accepted_{0}, requests_{0};
  std::thread thread_;
};

}  // namespace drishti::testing
