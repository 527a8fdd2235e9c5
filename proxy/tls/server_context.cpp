#include "tls/server_context.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "tls/certificate_cache.hpp"
#include "tls/server_handshake.hpp"

namespace drishti::tls {
namespace {

constexpr long largest_client_chain = 64 << 10;
constexpr std::uint32_t most_early_data = 16 << 10;  // as in nginx

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

bool has_variables(const conf::SslSettings& settings) {
  const auto varies = [](const conf::Template& path) { return !path.is_literal(); };
  return std::ranges::any_of(*settings.certificates, varies) || std::ranges::any_of(*settings.certificate_keys, varies);
}

void load_authorities(SSL_CTX* context, const std::string& file) {
  if (file.empty()) return;
  ERR_clear_error();
  if (SSL_CTX_load_verify_locations(context, file.c_str(), nullptr) != 1)
    throw TlsError("SSL_CTX_load_verify_locations(" + quoted(file) + ") failed");
  ERR_clear_error();  // a certificate that stands in the file twice
}

void load_crl(SSL_CTX* context, const std::string& file) {
  if (file.empty()) return;
  ERR_clear_error();
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  X509_LOOKUP* lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
  if (lookup == nullptr || X509_LOOKUP_load_file(lookup, file.c_str(), X509_FILETYPE_PEM) != 1)
    throw TlsError("X509_LOOKUP_load_file(" + quoted(file) + ") failed");
  X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
}

void load_dhparam(SSL_CTX* context, const std::string& file) {
  if (file.empty()) return;
  const BioPtr in = open_file(file, "BIO_new_file(" + quoted(file) + ") failed");
  KeyPtr parameters(PEM_read_bio_Parameters(in.get(), nullptr));
  if (!parameters) throw TlsError("PEM_read_bio_DHparams(" + quoted(file) + ") failed");
  if (SSL_CTX_set0_tmp_dh_pkey(context, parameters.get()) != 1)
    throw TlsError("SSL_CTX_set0_tmp_dh_pkey(" + quoted(file) + ") failed");
  parameters.release();
}

/// All is accepted here: the request is answered with 495 or 496, which error_page may dress up, as in nginx.
int accept_any(int, X509_STORE_CTX*) { return 1; }

/// The name of FILE and its contents.
std::string contents(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return file + '\0' + std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace

ServerContext::~ServerContext() = default;

ServerContext::ServerContext(const conf::Server& server, ProcessState& process)
    : server_(server), context_(SSL_CTX_new(TLS_server_method())), passphrases_(*server.ssl.password_file) {
  if (!context_) throw TlsError("SSL_CTX_new() failed");
  set_basics();
  set_protocols();
  set_ciphers();
  load_certificates(process);
  set_client_verification();
  set_sessions(process);
  apply_conf_commands(settings(), get(), nullptr);
}

void ServerContext::set_basics() {
  SSL_CTX_set_options(get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_max_cert_list(get(), largest_client_chain);
  install_handshake_callbacks(get());
}

void ServerContext::set_protocols() {
  const conf::SslProtocols& wanted = *settings().protocols;
  SSL_CTX_set_min_proto_version(get(), wanted.v1_0 || wanted.v1_1 ? TLS1_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(get(), TLS1_3_VERSION);
  std::uint64_t off = 0;
  if (!wanted.v1_0) off |= SSL_OP_NO_TLSv1;
  if (!wanted.v1_1) off |= SSL_OP_NO_TLSv1_1;
  if (!wanted.v1_2) off |= SSL_OP_NO_TLSv1_2;
  if (!wanted.v1_3) off |= SSL_OP_NO_TLSv1_3;
  SSL_CTX_set_options(get(), off);
}

void ServerContext::set_ciphers() {
  const conf::SslSettings& ssl = settings();
  if (SSL_CTX_set_cipher_list(get(), ssl.ciphers->c_str()) != 1)
    throw TlsError("SSL_CTX_set_cipher_list(" + quoted(*ssl.ciphers) + ") failed");
  if (*ssl.prefer_server_ciphers) SSL_CTX_set_options(get(), SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  load_dhparam(get(), *ssl.dhparam);
  if (SSL_CTX_set1_groups_list(get(), groups_of(ssl)) != 1)
    throw TlsError("SSL_CTX_set1_curves_list(" + quoted(*ssl.ecdh_curve) + ") failed");
}

void ServerContext::load_certificates(ProcessState& process) {
  const conf::SslSettings& ssl = settings();
  if (has_variables(ssl)) {
    dynamic_ = std::make_unique<CertificateCache>(*ssl.certificate_cache);
    install_certificate_callback(get());
    return;
  }
  for (std::size_t i = 0; i < ssl.certificates->size(); ++i) {
    const std::string path(ssl.certificates.value[i].literal_text()), key(ssl.certificate_keys.value[i].literal_text());
    const Certificate certificate = load_certificate(path, key, passphrases_);
    if (!use_certificate(get(), certificate)) throw TlsError("SSL_CTX_use_certificate(" + quoted(path) + ") failed");
    infos_.push_back(describe(certificate));
    add_staple(certificate, infos_.back().fingerprint, process);
  }
}

void ServerContext::set_client_verification() {
  const conf::SslSettings& ssl = settings();
  if (*ssl.verify_client != conf::SslVerifyClient::off) {
    SSL_CTX_set_verify(get(), SSL_VERIFY_PEER, accept_any);
    SSL_CTX_set_verify_depth(get(), *ssl.verify_depth);
    load_authorities(get(), *ssl.client_certificate);
    if (!ssl.client_certificate->empty()) {
      STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(ssl.client_certificate->c_str());
      if (names == nullptr) throw TlsError("SSL_load_client_CA_file(" + quoted(*ssl.client_certificate) + ") failed");
      SSL_CTX_set_client_CA_list(get(), names);
    }
  }
  load_authorities(get(), *ssl.trusted_certificate);
  load_crl(get(), *ssl.crl);
}

void ServerContext::set_sessions(ProcessState& process) {
  const conf::SslSettings& ssl = settings();
  sessions_ = process.sessions(*ssl.session_cache);
  tickets_ = ssl.session_ticket_keys->empty() ? process.tickets() : std::make_shared<TicketKeys>(*ssl.session_ticket_keys);
  const bool is_off = ssl.session_cache->kind == conf::SslSessionCache::Kind::off;
  SSL_CTX_set_session_cache_mode(get(), is_off ? SSL_SESS_CACHE_OFF : SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_set_timeout(get(), static_cast<long>(ssl.session_timeout->count()));
  if (!*ssl.session_tickets) SSL_CTX_set_options(get(), SSL_OP_NO_TICKET);
  // A ticket of TLS 1.3 that nobody could resume is not worth its bytes.
  SSL_CTX_set_num_tickets(get(), *ssl.session_tickets || sessions_ ? 1 : 0);
  set_early_data(process);
  set_session_id_context();
}

// OpenSSL's own protection works with sessions in its own cache alone: a ReplayGuard takes its place.
void ServerContext::set_early_data(ProcessState& process) {
  replays_ = process.replays();
  if (!*settings().early_data) return;
  SSL_CTX_set_max_early_data(get(), most_early_data);
  SSL_CTX_set_options(get(), SSL_OP_NO_ANTI_REPLAY);
}

void ServerContext::add_staple(const Certificate& certificate, const std::string& fingerprint, ProcessState& process) {
  const conf::SslSettings& ssl = settings();
  if (!*ssl.stapling) return;
  Stapled stapled{certificate.leaf.get(), certificate.path, nullptr, nullptr};
  if (!ssl.stapling_file->empty()) {
    stapled.staple = std::make_shared<Staple>();
    stapled.staple->set(read_ocsp_response(*ssl.stapling_file), 0);
  } else {
    try {
      stapled.question = std::make_shared<const OcspQuestion>(certificate, *ssl.trusted_certificate, *ssl.stapling_responder);
    } catch (const TlsError& error) {
      warnings_.push_back("\"ssl_stapling\" ignored, " + std::string(error.what()));
      return;
    }
    stapled.staple = process.staple(fingerprint);
  }
  stapled_.push_back(std::move(stapled));
  install_staple_callback(get());
}

/// A session is of the server that it was made with, and of its rules for clients' certificates (CVE-2025-23419): another
/// server, or the same one with another list of authorities, makes a new one.
void ServerContext::set_session_id_context() {
  const conf::SslSettings& ssl = settings();
  std::string identity;
  for (const conf::ServerName& name : server_.names) identity.append(name.text).append(1, '\0');
  identity += std::to_string(static_cast<int>(*ssl.verify_client)) + " " + std::to_string(*ssl.verify_depth);
  if (*ssl.verify_client != conf::SslVerifyClient::off)
    for (const auto& file : {ssl.client_certificate, ssl.trusted_certificate, ssl.crl}) identity += contents(*file);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(identity.data(), identity.size(), digest, &size, EVP_sha256(), nullptr) != 1 ||
      SSL_CTX_set_session_id_context(get(), digest, size) != 1)
    throw TlsError("SSL_CTX_set_session_id_context() failed");
}

void apply_conf_commands(const conf::SslSettings& settings, SSL_CTX* context, SSL* ssl) {
  if (settings.conf_commands->empty()) return;
  const std::unique_ptr<SSL_CONF_CTX, Deleter<SSL_CONF_CTX_free>> commands(SSL_CONF_CTX_new());
  SSL_CONF_CTX_set_flags(commands.get(), SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_SERVER | SSL_CONF_FLAG_CERTIFICATE |
                                             SSL_CONF_FLAG_SHOW_ERRORS);
  if (ssl != nullptr) SSL_CONF_CTX_set_ssl(commands.get(), ssl);
  else SSL_CONF_CTX_set_ssl_ctx(commands.get(), context);
  for (const auto& [name, value] : *settings.conf_commands) {
    const bool ok = SSL_CONF_cmd(commands.get(), name.c_str(), value.c_str()) > 0;
    if (!ok && ssl == nullptr) throw TlsError("SSL_CONF_cmd(" + quoted(name) + ", " + quoted(value) + ") failed");
  }
  if (SSL_CONF_CTX_finish(commands.get()) != 1 && ssl == nullptr) throw TlsError("SSL_CONF_finish() failed");
}

}  // namespace drishti::tls
