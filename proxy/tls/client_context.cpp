#include "tls/client_context.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <atomic>

#include "tls/client_sessions.hpp"

namespace drishti::tls {
namespace {

constexpr unsigned char alpn_http2[] = {2, 'h', '2'};

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

std::uint64_t next_id() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

bool has_variables(const std::optional<conf::Template>& path) { return path && !path->is_literal(); }

void load_crl(SSL_CTX* context, const std::string& path) {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  X509_LOOKUP* lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
  if (lookup == nullptr || X509_LOOKUP_load_file(lookup, path.c_str(), X509_FILETYPE_PEM) == 0)
    throw TlsError("X509_LOOKUP_load_file(" + quoted(path) + ") failed");
  X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
}

}  // namespace

std::string name_without_port(std::string_view name) {
  if (name.starts_with('[')) return std::string(name.substr(1, name.find(']') - 1));
  const auto colon = name.find(':');
  const bool is_ipv6 = colon != name.npos && name.find(':', colon + 1) != name.npos;
  return std::string(is_ipv6 ? name : name.substr(0, colon));
}

ClientContext::ClientContext(std::shared_ptr<const conf::UpstreamTls> config)
    : config_(std::move(config)),
      id_(next_id()),
      context_(SSL_CTX_new(TLS_client_method())),
      passphrases_(*settings().password_file) {
  if (!context_) throw TlsError("SSL_CTX_new() failed");
  // Partial writes and moving buffers: what a socket does not take waits in the stream. No renegotiation: TLS 1.3 has none.
  SSL_CTX_set_mode(context_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                       SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(context_.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  set_protocols();
  if (SSL_CTX_set_cipher_list(context_.get(), settings().ciphers->c_str()) != 1)
    throw TlsError("SSL_CTX_set_cipher_list(" + quoted(*settings().ciphers) + ") failed");
  set_verification();
  set_certificate();
  if (speaks_http2()) SSL_CTX_set_alpn_protos(context_.get(), alpn_http2, sizeof alpn_http2);
  if (*settings().session_reuse) ClientSessions::install(context_.get());
  apply_conf_commands();
}

void ClientContext::set_protocols() {
  const conf::TlsProtocols& wanted = *settings().protocols;
  SSL_CTX_set_min_proto_version(context_.get(), wanted.tls10 || wanted.tls11 ? TLS1_VERSION : TLS1_2_VERSION);
  std::uint64_t off = 0;
  if (!wanted.tls10) off |= SSL_OP_NO_TLSv1;
  if (!wanted.tls11) off |= SSL_OP_NO_TLSv1_1;
  if (!wanted.tls12) off |= SSL_OP_NO_TLSv1_2;
  if (!wanted.tls13) off |= SSL_OP_NO_TLSv1_3;
  SSL_CTX_set_options(context_.get(), off);
}

// A certificate that is not accepted ends the handshake, before a request or our own certificate is shown to anybody.
void ClientContext::set_verification() {
  SSL_CTX_set_verify(context_.get(), *settings().verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_verify_depth(context_.get(), *settings().verify_depth);
  const std::string& trusted = *settings().trusted_certificate;
  if (!trusted.empty() && SSL_CTX_load_verify_locations(context_.get(), trusted.c_str(), nullptr) != 1)
    throw TlsError("SSL_CTX_load_verify_locations(" + quoted(trusted) + ") failed");
  if (!settings().crl->empty()) load_crl(context_.get(), *settings().crl);
}

bool ClientContext::has_dynamic_certificate() const {
  return has_variables(*settings().certificate) ||
         (settings().certificate->has_value() && has_variables(*settings().certificate_key));
}

void ClientContext::set_certificate() {
  const auto& path = *settings().certificate;
  const auto& key = *settings().certificate_key;
  if (!path || has_dynamic_certificate()) return;
  const Certificate certificate =
      load_certificate(std::string(path->literal_text()), std::string(key->literal_text()), passphrases_);
  if (!use_certificate(context_.get(), certificate))
    throw TlsError("SSL_CTX_use_certificate(" + quoted(certificate.path) + ") failed");
}

void ClientContext::apply_conf_commands() {
  if (settings().conf_commands->empty()) return;
  const std::unique_ptr<SSL_CONF_CTX, Deleter<SSL_CONF_CTX_free>> commands(SSL_CONF_CTX_new());
  SSL_CONF_CTX_set_flags(commands.get(), SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_CLIENT | SSL_CONF_FLAG_CERTIFICATE |
                                             SSL_CONF_FLAG_SHOW_ERRORS);
  SSL_CONF_CTX_set_ssl_ctx(commands.get(), context_.get());
  for (const auto& [name, value] : *settings().conf_commands) {
    if (SSL_CONF_cmd(commands.get(), name.c_str(), value.c_str()) <= 0)
      throw TlsError("SSL_CONF_cmd(" + quoted(name) + ", " + quoted(value) + ") failed");
  }
  if (SSL_CONF_CTX_finish(commands.get()) != 1) throw TlsError("SSL_CONF_finish() failed");
}

// SNI is for names only (RFC 6066 3).
bool ClientContext::set_name(SSL* ssl, const std::string& name) const {
  if (name.empty()) return !*settings().verify;
  const bool is_address = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str()) == 1;
  ERR_clear_error();
  if (is_address) return true;
  // The macro for it has an old-style cast.
  const bool is_sent = !*settings().server_name || SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                                                            const_cast<char*>(name.c_str())) == 1;
  return is_sent && (!*settings().verify || SSL_set1_host(ssl, name.c_str()) == 1);
}

bool ClientContext::use_dynamic_certificate(SSL* ssl, const ClientTarget& target, std::string& error) const {
  if (target.certificate.empty()) return true;
  try {
    return use_certificate(ssl, load_certificate(target.certificate, target.certificate_key, passphrases_));
  } catch (const TlsError& failure) {
    error = failure.what();
    return false;
  }
}

SSL* ClientContext::connect(const ClientTarget& target, const std::string& address,
                            const std::shared_ptr<ClientSessions>& sessions, std::string& error) const {
  ERR_clear_error();
  std::unique_ptr<SSL, Deleter<SSL_free>> ssl(SSL_new(context_.get()));
  if (ssl && use_dynamic_certificate(ssl.get(), target, error) && set_name(ssl.get(), target.name)) {
    SSL_set_connect_state(ssl.get());
    if (sessions && *settings().session_reuse) sessions->attach(ssl.get(), target, address);
    return ssl.release();
  }
  if (error.empty()) error = "SSL_new() for " + quoted(target.name) + " failed" + take_openssl_errors();
  return nullptr;
}

ClientContexts::ClientContexts(const conf::Config& config) {
  for (const auto& tls : config.upstream_tls) {
    try {
      all_.push_back(std::make_shared<const ClientContext>(tls));
    } catch (const TlsError& failure) {
      throw TlsError(failure, tls->where);
    }
  }
}

}  // namespace drishti::tls
