#pragma once
// The OpenSSL context of connections to upstreams: what proxy_ssl_* or grpc_ssl_* say. Immutable; all workers share it.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "conf/config.hpp"
#include "tls/certificate.hpp"

namespace drishti::tls {

class ClientContext;
class ClientSessions;

/// Who a TLS connection is with: connections of equal targets may take each other's place.
struct ClientTarget {
  std::shared_ptr<const ClientContext> context;  ///< null: no TLS
  std::string name;             ///< for SNI and the certificate of the other side; without port
  std::string certificate;      ///< paths that had variables; "": the context's own certificate, if any
  std::string certificate_key;
  explicit operator bool() const { return context != nullptr; }
  bool operator==(const ClientTarget& other) const {
    if (context != other.context) return false;
    return context == nullptr || (name == other.name && certificate == other.certificate &&
                                  certificate_key == other.certificate_key);
  }
};

class ClientContext {
 public:
  /// Reads the files. Throws TlsError, which names the file.
  explicit ClientContext(std::shared_ptr<const conf::UpstreamTls> config);

  const conf::UpstreamTlsSettings& settings() const { return config_->settings; }
  bool speaks_http2() const { return config_->speaks_http2; }
  /// Its paths have variables: they are part of the target.
  bool has_dynamic_certificate() const;
  /// No other context of the process has or had it.
  std::uint64_t id() const { return id_; }

  /// An SSL that begins a handshake with TARGET, which is this context's, at ADDRESS; null and ERROR when there is none.
  /// SESSIONS (may be null): where sessions are taken from and kept, as long as it lives.
  SSL* connect(const ClientTarget& target, const std::string& address, const std::shared_ptr<ClientSessions>& sessions,
               std::string& error) const;

 private:
  void set_protocols();
  void set_verification();
  void set_certificate();
  void apply_conf_commands();
  bool set_name(SSL* ssl, const std::string& name) const;
  bool use_dynamic_certificate(SSL* ssl, const ClientTarget& target, std::string& error) const;

  std::shared_ptr<const conf::UpstreamTls> config_;
  const std::uint64_t id_;
  SslContextPtr context_;
  Passphrases passphrases_;
};

/// NAME without a port, as it stands in certificates: `[::1]:443` is `::1`.
std::string name_without_port(std::string_view name);

/// The contexts of a configuration.
class ClientContexts {
 public:
  /// Reads all files. Throws TlsError with the place of the pass that needs them.
  explicit ClientContexts(const conf::Config& config);
  const std::shared_ptr<const ClientContext>& of(const conf::UpstreamTls& tls) const { return all_[tls.number]; }

 private:
  std::vector<std::shared_ptr<const ClientContext>> all_;
};

}  // namespace drishti::tls
