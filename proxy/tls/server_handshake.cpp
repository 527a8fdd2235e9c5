#include "tls/server_handshake.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <ctime>

#include "tls/certificate_cache.hpp"
#include "tls/server_name.hpp"

namespace drishti::tls {
namespace {

void free_session(void*, void* session, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<ServerSession*>(session); }

int session_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, free_session);
  return index;
}

/// What SSL_set_SSL_CTX() leaves as the first context had it.
void obey(SSL* ssl, const ServerContext& context) {
  SSL_CTX* chosen = context.get();
  const conf::SslSettings& settings = context.settings();
  SSL_set_SSL_CTX(ssl, chosen);
  SSL_set_verify(ssl, SSL_CTX_get_verify_mode(chosen), SSL_CTX_get_verify_callback(chosen));
  SSL_set_verify_depth(ssl, SSL_CTX_get_verify_depth(chosen));
  SSL_clear_options(ssl, SSL_get_options(ssl) & ~SSL_CTX_get_options(chosen));
  SSL_set_options(ssl, SSL_CTX_get_options(chosen));
  SSL_set_min_proto_version(ssl, SSL_CTX_get_min_proto_version(chosen));
  SSL_set_max_proto_version(ssl, SSL_CTX_get_max_proto_version(chosen));
  SSL_set_num_tickets(ssl, SSL_CTX_get_num_tickets(chosen));
  SSL_set_max_early_data(ssl, SSL_CTX_get_max_early_data(chosen));
  SSL_set1_groups_list(ssl, groups_of(settings));
  apply_conf_commands(settings, nullptr, ssl);
}

}  // namespace

struct HandshakeCallbacks {
  static void choose_server(SSL* ssl, ServerSession& session, const std::string& name) {
    session.name_ = name;
    session.server_ = &session.host_->find_server(name);
    const ServerContext* context = session.contexts_->of(*session.server_);
    if (context == nullptr || context == session.context_) return;
    session.context_ = context;
    obey(ssl, *context);
  }

  // The first callback of all, before versions, ciphers and sessions are looked at: those of the named server hold.
  static int client_hello(SSL* ssl, int* alert, void*) {
    ServerSession& session = ServerSession::of(ssl);
    if (session.host_ == nullptr) return SSL_CLIENT_HELLO_ERROR;  // a second ClientHello is none of ours
    const unsigned char* data = nullptr;
    std::size_t size = 0;
    std::string_view name;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &data, &size) == 1 &&
        !read_server_name({data, size}, name)) {
      *alert = SSL_AD_DECODE_ERROR;
      return SSL_CLIENT_HELLO_ERROR;
    }
    choose_server(ssl, session, normal_host_name(name));
    if (session.contexts_->kernel_sends(*session.context_)) session.host_->offer_to_kernel();
    if (!*session.server_->ssl.reject_handshake) return SSL_CLIENT_HELLO_SUCCESS;
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_CLIENT_HELLO_ERROR;
  }

  // Without this, OpenSSL would not acknowledge the name (RFC 6066 3).
  static int server_name(SSL*, int*, void*) { return SSL_TLSEXT_ERR_OK; }

  static int alpn(SSL* ssl, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned in_size,
                  void*) {
    static constexpr unsigned char with_http2[] = "\x02h2\x08http/1.1\x08http/1.0";
    const unsigned first = ServerSession::of(ssl).speaks_http2() ? 0 : 3;
    unsigned char* chosen = nullptr;
    const int found = SSL_select_next_proto(&chosen, out_size, with_http2 + first, sizeof with_http2 - 1 - first, in, in_size);
    *out = chosen;
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
  }

  static int ticket_key(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                        int encrypts) {
    TicketKeys& keys = ServerSession::of(ssl).context_->tickets();
    if (encrypts != 0) return keys.encrypt(name, iv, cipher, mac);
    constexpr int found = 1, found_renew = 2;
    const int result = keys.decrypt(name, iv, cipher, mac);
    // Clients use a ticket of TLS 1.3 once (RFC 8446 C.4): without another one, their next handshake would be a whole one.
    return result == found && SSL_version(ssl) == TLS1_3_VERSION ? found_renew : result;
  }

  static int new_session(SSL* ssl, SSL_SESSION* session) {
    if (SessionStore* store = ServerSession::of(ssl).context_->sessions()) store->add(session);
    return 0;  // no reference is kept
  }

  static SSL_SESSION* get_session(SSL* ssl, const unsigned char* id, int size, int* copy) {
    *copy = 0;
    SessionStore* store = ServerSession::of(ssl).context_->sessions();
    if (store == nullptr) return nullptr;
    return store->find({reinterpret_cast<const char*>(id), static_cast<std::size_t>(size)}).release();
  }

  static void note_event(const SSL* ssl, int where, int value) {
    if ((where & SSL_CB_ALERT) == 0) return;
    ServerSession& session = ServerSession::of(ssl);
    const auto alert = static_cast<std::uint8_t>(value & 0xff);
    if ((where & SSL_CB_READ) != 0) {
      session.alert_received_ = alert;
    } else if (alert == SSL_AD_NO_RENEGOTIATION) {
      session.counted_.renegotiations.add();
    } else {
      session.alert_sent_ = alert;
    }
  }

  // Asked when nothing else stands against the early data of a client that was here before.
  static int allow_early_data(SSL* ssl, void*) {
    ServerSession& session = ServerSession::of(ssl);
    const ServerContext& context = *session.context_;
    if (!*context.settings().early_data) return 0;
    const auto now = ReplayGuard::Clock::now();
    // Keys of files open tickets whose early data another process may have taken a moment ago (RFC 8446 8.2).
    const bool is_ours = context.settings().session_ticket_keys->empty() || context.replays().knows_all(now);
    ReplayGuard::Hello random;
    SSL_get_client_random(ssl, random.data(), random.size());
    const bool is_taken = is_ours && context.replays().is_first(random, now);
    (is_taken ? session.counted_.early_taken : session.counted_.early_refused).add();
    return is_taken ? 1 : 0;
  }

  static int staple(SSL* ssl, void*) {
    const X509* used = SSL_get_certificate(ssl);
    const auto& all = ServerSession::of(ssl).context_->stapled();
    const auto found = std::ranges::find(all, used, &Stapled::leaf);
    const std::string response = found == all.end() ? std::string() : found->staple->get(std::time(nullptr));
    if (response.empty()) return SSL_TLSEXT_ERR_NOACK;
    auto* copy = static_cast<unsigned char*>(OPENSSL_memdup(response.data(), response.size()));
    if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<int>(response.size()));
    return SSL_TLSEXT_ERR_OK;
  }

  static int find_certificates(SSL* ssl, void*) {
    ServerSession& session = ServerSession::of(ssl);
    if (session.host_ == nullptr) return 0;
    const ServerContext& context = *session.context_;
    const conf::SslSettings& settings = context.settings();
    for (std::size_t i = 0; i < settings.certificates->size(); ++i) {
      const std::string path = session.host_->evaluate(settings.certificates.value[i]);
      const std::string key = session.host_->evaluate(settings.certificate_keys.value[i]);
      std::string error;
      const auto certificate = context.dynamic_certificates()->get(path, key, context.passphrases(), error,
                                                                   CertificateCache::Clock::now());
      if (certificate && use_certificate(ssl, *certificate)) continue;
      if (certificate) error = "SSL_use_certificate(\"" + path + "\") failed" + take_openssl_errors();
      session.host_->log(conf::LogLevel::error, error);
      return 0;
    }
    return 1;
  }
};

void install_handshake_callbacks(SSL_CTX* context) {
  using Callbacks = HandshakeCallbacks;
  SSL_CTX_set_client_hello_cb(context, Callbacks::client_hello, nullptr);
  // (The macro for it has an old-style cast.)
  SSL_CTX_callback_ctrl(context, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB, reinterpret_cast<void (*)()>(Callbacks::server_name));
  SSL_CTX_set_alpn_select_cb(context, Callbacks::alpn, nullptr);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, Callbacks::ticket_key);
  SSL_CTX_sess_set_new_cb(context, Callbacks::new_session);
  SSL_CTX_sess_set_get_cb(context, Callbacks::get_session);
  SSL_CTX_set_info_callback(context, Callbacks::note_event);
  SSL_CTX_set_allow_early_data_cb(context, Callbacks::allow_early_data, nullptr);
}

void install_staple_callback(SSL_CTX* context) {
  // (The macro for it has an old-style cast.)
  SSL_CTX_callback_ctrl(context, SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB, reinterpret_cast<void (*)()>(HandshakeCallbacks::staple));
}

void install_certificate_callback(SSL_CTX* context) {
  SSL_CTX_set_cert_cb(context, HandshakeCallbacks::find_certificates, nullptr);
}

SSL* ServerSession::accept(std::shared_ptr<const ServerContexts> contexts, const conf::Server& server, bool http2,
                           HandshakeHost& host, metrics::TlsMetrics& counted) {
  const ServerContext* context = contexts->of(server);
  if (context == nullptr) return nullptr;
  SSL* ssl = SSL_new(context->get());
  if (ssl == nullptr) return nullptr;
  auto* session = new ServerSession(std::move(contexts), *context, server, http2, host, counted);
  if (SSL_set_ex_data(ssl, session_index(), session) != 1) {
    delete session;
    SSL_free(ssl);
    return nullptr;
  }
  SSL_set_accept_state(ssl);
  return ssl;
}

ServerSession& ServerSession::of(const SSL* ssl) {
  return *static_cast<ServerSession*>(SSL_get_ex_data(ssl, session_index()));
}

metrics::HandshakeFailure ServerSession::failure() const {
  using metrics::HandshakeFailure;
  if (alert_received_ != 0) return HandshakeFailure::client_alert;
  switch (alert_sent_) {
    case 0: return HandshakeFailure::closed;
    case SSL_AD_PROTOCOL_VERSION: return HandshakeFailure::protocol_version;
    case SSL_AD_HANDSHAKE_FAILURE: return HandshakeFailure::no_shared_cipher;
    case SSL_AD_NO_APPLICATION_PROTOCOL: return HandshakeFailure::no_application_protocol;
    case SSL_AD_UNRECOGNIZED_NAME: return HandshakeFailure::unrecognized_name;
    default: return HandshakeFailure::other;
  }
}

}  // namespace drishti::tls
