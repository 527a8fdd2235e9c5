#pragma once
// The OpenSSL context of one server{}: its certificates and all that its ssl_* directives say. Immutable; all workers share
// it. A connection that began with it keeps it.

#include <memory>
#include <string>
#include <vector>

#include "conf/config.hpp"
#include "tls/certificate.hpp"
#include "tls/process_state.hpp"

namespace drishti::tls {

class CertificateCache;

/// A certificate with what is stapled to it.
struct Stapled {
  const X509* leaf = nullptr;  ///< of the context
  std::string path;
  std::shared_ptr<Staple> staple;
  std::shared_ptr<const OcspQuestion> question;  ///< null: the response came from a file
};

class ServerContext {
 public:
  /// Reads the files. Throws TlsError, which names the file.
  ServerContext(const conf::Server& server, ProcessState& process);
  ~ServerContext();
  ServerContext(const ServerContext&) = delete;
  ServerContext& operator=(const ServerContext&) = delete;

  SSL_CTX* get() const { return context_.get(); }
  const conf::Server& server() const { return server_; }
  const conf::SslSettings& settings() const { return server_.ssl; }
  TicketKeys& tickets() const { return *tickets_; }
  SessionStore* sessions() const { return sessions_.get(); }
  ReplayGuard& replays() const { return *replays_; }
  /// Those without variables in their paths.
  const std::vector<CertificateInfo>& certificates() const { return infos_; }
  /// Of certificates whose paths hold variables; null: there are none.
  CertificateCache* dynamic_certificates() const { return dynamic_.get(); }
  const Passphrases& passphrases() const { return passphrases_; }
  /// Those that have an OCSP response, or may get one.
  const std::vector<Stapled>& stapled() const { return stapled_; }
  /// `ssl_conf_command Options KTLS`.
  bool asks_for_kernel_tls() const { return (SSL_CTX_get_options(get()) & SSL_OP_ENABLE_KTLS) != 0; }
  /// What is not as its author wished, but no reason not to start.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  void set_basics();
  void set_protocols();
  void set_ciphers();
  void load_certificates(ProcessState& process);
  void add_staple(const Certificate& certificate, const std::string& fingerprint, ProcessState& process);
  void set_client_verification();
  void set_sessions(ProcessState& process);
  void set_early_data(ProcessState& process);
  void set_session_id_context();

  const conf::Server& server_;
  SslContextPtr context_;
  Passphrases passphrases_;
  std::shared_ptr<TicketKeys> tickets_;
  std::shared_ptr<SessionStore> sessions_;
  std::shared_ptr<ReplayGuard> replays_;
  std::vector<CertificateInfo> infos_;
  std::unique_ptr<CertificateCache> dynamic_;
  std::vector<Stapled> stapled_;
  std::vector<std::string> warnings_;
};

/// Applies ssl_conf_command to a context (SSL null) or to one connection. Throws TlsError for a context only; of a
/// connection the commands are known to be good.
void apply_conf_commands(const conf::SslSettings& settings, SSL_CTX* context, SSL* ssl);

}  // namespace drishti::tls
