#pragma once
// The last TLS session with each peer, to be resumed. One thread; bounded.

#include <memory>
#include <string>
#include <unordered_map>

#include "tls/client_context.hpp"

namespace drishti::tls {

class ClientSessions : public std::enable_shared_from_this<ClientSessions> {
 public:
  static constexpr std::size_t most = 1024;

  /// Makes connections of CONTEXT hand out their sessions. With TLS 1.3 they come some time after the handshake.
  static void install(SSL_CTX* context);

  /// SSL resumes the last session with TARGET at ADDRESS, if there is one, and keeps its own for the next.
  void attach(SSL* ssl, const ClientTarget& target, const std::string& address);
  /// The one that SSL was to resume is no good: the next connection begins anew.
  static void forget(const SSL* ssl);
  std::size_t size() const { return sessions_.size(); }

 private:
  struct Link;
  static int link_index();
  static int take(SSL* ssl, SSL_SESSION* session);
  void keep(const std::string& key, SessionPtr session);

  std::unordered_map<std::string, SessionPtr> sessions_;
};

}  // namespace drishti::tls
