#pragma once
// What comes before the first byte of HTTP on a connection. At its end the socket, and what is known of the connection, go to
// the connection of the protocol that was agreed on. Owned by itself: start() runs it until it ends and then deletes it.

#include "context/request_context.hpp"
#include "net/stream.hpp"
#include "server/client_connection.hpp"
#include "server/connection_servers.hpp"
#include "server/worker.hpp"

namespace drishti::server {

class ConnectionStart final : public ClientConnection {
 public:
  ConnectionStart(Worker& worker, int fd, context::ConnectionInfo info, ConnectionServers servers);
  ~ConnectionStart();
  void start();

  void close_if_idle() override {
    if (info_.ssl == nullptr) stream_.channel().cancel();  // a handshake goes on; it has its deadline
  }
  void configuration_changed() override {}
  void close_now() override { stream_.close(); }

 private:
  net::Task<void> run();

  Worker& worker_;
  net::Stream stream_;
  context::ConnectionInfo info_;
  ConnectionServers servers_;
};

}  // namespace drishti::server
