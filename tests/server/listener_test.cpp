#include "server/listener.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace drishti::server {
namespace {

int keepalive_of_an_accepted_connection(bool so_keepalive) {
  conf::Listen listen;
  listen.address = *SocketAddress::from_ip("127.0.0.1", 0);
  listen.so_keepalive = so_keepalive;
  const int listener = open_listening_socket(listen);
  SocketAddress bound;
  socklen_t size = sizeof(sockaddr_storage);
  EXPECT_EQ(::getsockname(listener, bound.data(), &size), 0);
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::connect(client, bound.data(), size), 0);
  const int accepted = ::accept(listener, nullptr, nullptr);
  int value = -1;
  socklen_t value_size = sizeof value;
  EXPECT_EQ(::getsockopt(accepted, SOL_SOCKET, SO_KEEPALIVE, &value, &value_size), 0);
  for (const int fd : {listener, client, accepted}) ::close(fd);
  return value;
}

TEST(Listener, SoKeepaliveReachesTheConnectionsThatAreAccepted) {
  EXPECT_EQ(keepalive_of_an_accepted_connection(true), 1);
  EXPECT_EQ(keepalive_of_an_accepted_connection(false), 0);
}

}  // namespace
}  // namespace drishti::server
