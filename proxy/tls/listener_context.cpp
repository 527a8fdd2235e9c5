#include "tls/listener_context.hpp"

#include <openssl/ssl.h>

#include "conf/ssl_settings.hpp"
#include "tls/certificate.hpp"
#include "tls/server_handshake.hpp"

namespace drishti::tls {

SslContextPtr make_listener_context(const std::string& certificate, const std::string& key) {
  const conf::SslSettings defaults;
  SslContextPtr context(SSL_CTX_new(TLS_server_method()));
  if (!context) throw TlsError("SSL_CTX_new() failed");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 1);
  const bool ok = SSL_CTX_set_cipher_list(context.get(), conf::SslSettings::safe_ciphers) == 1 &&
                  SSL_CTX_set1_groups_list(context.get(), groups_of(defaults)) == 1;
  if (!ok || !use_certificate(context.get(), load_certificate(certificate, key, Passphrases(""))))
    throw TlsError("SSL_CTX_use_certificate(\"" + certificate + "\") failed");
  return context;
}

}  // namespace drishti::tls
