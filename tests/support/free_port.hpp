#pragma once
// A port of 127.0.0.1 for a program that has to be told its port before it starts.

#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>

#include "conf/socket_address.hpp"

namespace drishti::test {

inline bool is_free(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const SocketAddress address = *SocketAddress::from_ip("127.0.0.1", port);
  const bool bound = ::bind(fd, address.data(), address.size()) == 0;
  ::close(fd);
  return bound;
}

/// Another one each time. Below those that the kernel gives by itself (from 32768): no connection of a test beside this one
/// gets it before the program does. Each process looks in a stretch of its own.
inline std::uint16_t free_port() {
  constexpr std::uint32_t first = 10'000, count = 22'000, stretch = 40;
  static std::uint32_t next = static_cast<std::uint32_t>(::getpid()) * stretch;
  for (std::uint32_t tries = 0; tries < count; ++tries) {
    const auto port = static_cast<std::uint16_t>(first + next++ % count);
    if (is_free(port)) return port;
  }
  return 0;
}

}  // namespace drishti::test
