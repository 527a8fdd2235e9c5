#pragma once
// The server's side of a handshake: which server{} it is for (SNI), which protocol follows (ALPN), which tickets are taken,
// and how it failed. What OpenSSL's callbacks need hangs at the SSL, which owns it.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "conf/config.hpp"
#include "metrics/tls_metrics.hpp"
#include "tls/server_contexts.hpp"

namespace drishti::tls {

/// Where a handshake takes place. Called during the handshake only, on its thread.
class HandshakeHost {
 public:
  /// The server for NAME, which is lower-case and a host name ("": the client named none).
  virtual const conf::Server& find_server(std::string_view name) = 0;
  /// The path of a certificate, for the connection at hand.
  virtual std::string evaluate(const conf::Template& path) = 0;
  virtual void log(conf::LogLevel level, const std::string& text) = 0;
  /// The kernel may encrypt what this connection sends: its server asks for that. Before the first byte is written; may
  /// come twice.
  virtual void offer_to_kernel() = 0;

 protected:
  ~HandshakeHost() = default;
};

class ServerSession {
 public:
  /// An SSL that waits for a ClientHello at an address whose default server is SERVER; null when OpenSSL makes none.
  /// HOST lives until ended(), COUNTED longer. HTTP2: the address has the option.
  static SSL* accept(std::shared_ptr<const ServerContexts> contexts, const conf::Server& server, bool http2,
                     HandshakeHost& host, metrics::TlsMetrics& counted);
  /// Of an SSL that accept() made.
  static ServerSession& of(const SSL* ssl);

  /// The handshake is over, well or not: the host is not asked again.
  void ended() { host_ = nullptr; }
  /// Why it failed, as far as TLS knows.
  metrics::HandshakeFailure failure() const;

  const ServerContext& context() const { return *context_; }
  /// The server that the client named, or the default server.
  const conf::Server& server() const { return *server_; }
  /// The rules that the handshake was made under; they keep their configuration.
  std::shared_ptr<const conf::SslSettings> settings() const { return {contexts_, &context_->settings()}; }
  /// That the client asked for: lower-case, without a trailing dot; "" when it named none, or what is none.
  const std::string& name() const { return name_; }

 private:
  friend struct HandshakeCallbacks;
  ServerSession(std::shared_ptr<const ServerContexts> contexts, const ServerContext& context, const conf::Server& server,
                bool http2, HandshakeHost& host, metrics::TlsMetrics& counted)
      : contexts_(std::move(contexts)), context_(&context), server_(&server), host_(&host), counted_(counted), http2_(http2) {}
  bool speaks_http2() const { return http2_ || server_->http2; }

  std::shared_ptr<const ServerContexts> contexts_;
  const ServerContext* context_;
  const conf::Server* server_;  ///< of the name; it may have no context of its own
  HandshakeHost* host_;
  std::string name_;
  metrics::TlsMetrics& counted_;
  std::uint8_t alert_sent_ = 0, alert_received_ = 0;
  bool http2_;
};

/// What `ssl_ecdh_curve auto` stands for: OpenSSL's list without finite fields, which cost us much and a client nothing.
inline const char* groups_of(const conf::SslSettings& settings) {
  return *settings.ecdh_curve == "auto" ? "X25519:P-256:X448:P-521:P-384" : settings.ecdh_curve->c_str();
}

/// For the contexts of servers.
void install_handshake_callbacks(SSL_CTX* context);
/// Clients get the context's OCSP response.
void install_staple_callback(SSL_CTX* context);
/// Certificates are found in each handshake.
void install_certificate_callback(SSL_CTX* context);

}  // namespace drishti::tls
