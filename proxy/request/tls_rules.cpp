#include "request/tls_rules.hpp"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <string>

#include "tls/server_handshake.hpp"

namespace drishti::request {
namespace {

using conf::SslSettings;
using conf::SslVerifyClient;

bool same_verification(const SslSettings& a, const SslSettings& b) {
  return *a.verify_client == *b.verify_client && *a.client_certificate == *b.client_certificate &&
         *a.trusted_certificate == *b.trusted_certificate && *a.crl == *b.crl && *a.verify_depth == *b.verify_depth;
}

bool is_version_allowed(const conf::SslProtocols& protocols, int version) {
  switch (version) {
    case TLS1_VERSION: return protocols.v1_0;
    case TLS1_1_VERSION: return protocols.v1_1;
    case TLS1_2_VERSION: return protocols.v1_2;
    default: return protocols.v1_3;
  }
}

/// Whether a connection that was made under the rules MADE may not ask for a server with the rules WANTED (threat P13).
bool is_misdirected(const SSL* ssl, const SslSettings& made, const SslSettings& wanted) {
  if (&made == &wanted) return false;
  if (*wanted.verify_client != SslVerifyClient::off && !same_verification(made, wanted)) return true;
  return wanted.has_certificates() && !is_version_allowed(*wanted.protocols, SSL_version(ssl));
}

/// RFC 9110 9.2.1. What may be repeated by whoever recorded it has to change nothing.
bool is_safe(http::Method method) {
  using http::Method;
  return method == Method::get || method == Method::head || method == Method::options || method == Method::trace;
}

/// While the handshake lasts, early data cannot be told from a replay of it (RFC 8470 2).
bool look_whether_early(context::RequestContext& context) {
  context::ConnectionInfo& connection = *context.connection;
  context.is_early = connection.may_be_early = SSL_is_init_finished(connection.ssl) == 0;
  return context.is_early && !is_safe(context.method);
}

/// Errors that say no more than that nobody known vouches for the certificate: nginx's list for optional_no_ca.
bool is_about_authority(long verdict) {
  switch (verdict) {
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: return true;
    default: return false;
  }
}

std::optional<Outcome> check_certificate(const SSL* ssl, const SslSettings& wanted, context::RequestContext& context) {
  const SslVerifyClient verify = *wanted.verify_client;
  if (verify == SslVerifyClient::off) return std::nullopt;
  const long verdict = SSL_get_verify_result(ssl);
  if (verdict != X509_V_OK && !(verify == SslVerifyClient::optional_no_ca && is_about_authority(verdict))) {
    context.log_error(conf::LogLevel::info, "client SSL certificate verify error: (" + std::to_string(verdict) + ":" +
                                                X509_verify_cert_error_string(verdict) + ")");
    return Outcome::error(495);
  }
  if (verify == SslVerifyClient::on && SSL_get0_peer_certificate(ssl) == nullptr) {
    context.log_error(conf::LogLevel::info, "client sent no required SSL certificate");
    return Outcome::error(496);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Outcome> check_tls(context::RequestContext& context) {
  if (context.connection->plain_on_tls) {
    context.log_error(conf::LogLevel::info, "client sent plain HTTP request to HTTPS port");
    return Outcome::error(497);
  }
  SSL* ssl = context.connection->ssl;
  const SslSettings& wanted = context.server->ssl;
  const SslSettings& made = tls::ServerSession::of(ssl).context().settings();
  if (is_misdirected(ssl, made, wanted)) {
    context.log_error(conf::LogLevel::info,
                      "client attempted to request the server name different from the one that was negotiated");
    return Outcome::error(421);
  }
  if (context.connection->may_be_early && look_whether_early(context)) return Outcome::error(425);
  return check_certificate(ssl, wanted, context);
}

}  // namespace drishti::request
