#pragma once
// What comes before the first byte of HTTP on a connection. At its end the socket, and what is known of the connection, go to
// the connection of the protocol that was agreed on. Owned by itself: start() runs it until it ends and then deletes it.

#include "context/request_context.hpp"
#include "net/stream.hpp"
#include "server/client_connection.hpp"
#include "server/worker.hpp"

namespace drishti::server {

class ConnectionStart final : public ClientConnection {
 public:
  ConnectionStart(Worker& worker, int fd, context::ConnectionInfo info);
  ~ConnectionStart();
  void start();

  void close_if_idle() override { close_now(); }
  void close_now() override { stream_.close(); }

 private:
  net::Task<void> run();

  Worker& worker_;
  net::Stream stream_;
  context::ConnectionInfo info_;
};

}  // namespace drishti::server
