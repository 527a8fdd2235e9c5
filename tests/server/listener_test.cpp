#include "server/listener.hpp"

#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace drishti::server {
namespace {

int option_of_an_accepted_connection(int level, int option, const conf::Listen& wanted) {
  conf::Listen listen = wanted;
  listen.address = *SocketAddress::from_ip("127.0.0.1", 0);
  const int listener = open_listening_socket(listen);
  SocketAddress bound;
  socklen_t size = sizeof(sockaddr_storage);
  EXPECT_EQ(::getsockname(listener, bound.data(), &size), 0);
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::connect(client, bound.data(), size), 0);
  const int accepted = ::accept(listener, nullptr, nullptr);
  int value = -1;
  socklen_t value_size = sizeof value;
  EXPECT_EQ(::getsockopt(accepted, level, option, &value, &value_size), 0);
  for (const int fd : {listener, client, accepted}) ::close(fd);
  return value;
}

TEST(Listener, SoKeepaliveReachesTheConnectionsThatAreAccepted) {
  conf::Listen listen;
  EXPECT_EQ(option_of_an_accepted_connection(SOL_SOCKET, SO_KEEPALIVE, listen), 0);
  listen.so_keepalive = true;
  EXPECT_EQ(option_of_an_accepted_connection(SOL_SOCKET, SO_KEEPALIVE, listen), 1);
}

// For all of them, whatever they speak: without it a part of an HTTP/2 answer waits for the client's delayed acknowledgement.
TEST(Listener, ConnectionsThatAreAcceptedSendSmallWritesAtOnce) {
  EXPECT_EQ(option_of_an_accepted_connection(IPPROTO_TCP, TCP_NODELAY, {}), 1);
}

}  // namespace
}  // namespace drishti::server
