#pragma once
// Accepts for the admin listener and owns its connections. Control thread; apart from the workers, so that it answers when
// they are busy, and costs them nothing.

#include <list>
#include <memory>

#include "admin/connection.hpp"
#include "tls/openssl_handles.hpp"

namespace drishti::admin {

class Listener {
 public:
  static constexpr std::size_t most_connections = 64;

  Listener(net::Reactor& reactor, Connection::Handler handler) : reactor_(reactor), handler_(std::move(handler)) {}

  /// Accepts on FD (owned from now on) instead of what was before. Connections stay.
  void listen(int fd);
  void stop_accepting();
  /// Of connections from now on; null: without TLS.
  void use_tls(tls::SslContextPtr context) { tls_ = std::move(context); }

 private:
  struct Acceptor {
    ~Acceptor() {
      channel.forget_waiters();
      task = {};
    }
    net::Channel channel;
    net::OwnedTask task;
  };
  net::OwnedTask accept_all(Acceptor& acceptor);
  void accepted(int fd);

  net::Reactor& reactor_;
  Connection::Handler handler_;
  tls::SslContextPtr tls_;
  std::list<Acceptor> acceptors_;  ///< the last one may be at work; those before end
  std::list<Connection> connections_;
};

}  // namespace drishti::admin
