#pragma once
// Two Streams with TLS over loopback, of which the server's is offered to the kernel.

#include <fcntl.h>
#include <netinet/in.h>

#include "tls_stream_pair.hpp"

namespace drishti::net {

inline constexpr int unchanged = 0;

/// The ends of a connection over loopback. BUFFER: of both sockets, where small ones are wanted.
inline void connect_over_loopback(Reactor& reactor, Stream& server, Stream& client, int buffer) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (buffer != unchanged) {
    ::setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  }
  sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(listener, generic, size), 0);
  ASSERT_EQ(::listen(listener, 1), 0);
  ASSERT_EQ(::getsockname(listener, generic, &size), 0);
  ASSERT_EQ(::connect(fd, generic, size), 0);
  server.open(reactor, ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  client.open(reactor, fd);
  ::close(listener);
}

struct KernelOfferTest : TlsStreamTest {
  int buffer = unchanged;
  void SetUp() override { connect_over_loopback(reactor, server, client, buffer); }
  void connect_again() {
    server.close();
    client.close();
    SetUp();
  }
  void shake_hands_with_offer() {
    start_server_tls();
    server.tls()->offer_to_kernel();
    start_client_tls();
    IoResult as_server, as_client;
    run(shake(server, as_server), shake(client, as_client));
    ASSERT_TRUE(as_server.ok()) << server.tls()->error();
    ASSERT_TRUE(as_client.ok()) << client.tls()->error();
  }
  static Task<void> send_and_close(Stream& stream, std::string_view text, IoResult& result) {
    co_await send(stream, text, result);
    stream.close();
  }
};

}  // namespace drishti::net
