#include "tests/support/tls_client.hpp"

#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <chrono>
#include <csignal>

#include "tests/support/patience.hpp"

namespace drishti::testing {
namespace {

std::string wire_form(const std::vector<std::string>& protocols) {
  std::string wire;
  for (const std::string& protocol : protocols) wire.append(1, static_cast<char>(protocol.size())).append(protocol);
  return wire;
}

}  // namespace

void ignore_broken_pipes() { std::signal(SIGPIPE, SIG_IGN); }

TlsClient::TlsClient(std::uint16_t port, const TlsOptions& options)
    : socket_(port), context_(SSL_CTX_new(TLS_client_method())) {
  ignore_broken_pipes();
  if (options.allows_weak) SSL_CTX_set_security_level(context_, 0);
  SSL_CTX_set_min_proto_version(context_, options.min_version);
  SSL_CTX_set_max_proto_version(context_, options.max_version);
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context_, keep_session);
  SSL_CTX_set_info_callback(context_, note_alert);
  if (!options.ciphers.empty()) SSL_CTX_set_cipher_list(context_, options.ciphers.c_str());
  if (!options.groups.empty()) SSL_CTX_set1_groups_list(context_, options.groups.c_str());
  if (options.certificate != nullptr) {
    SSL_CTX_use_certificate(context_, options.certificate->x509());
    SSL_CTX_use_PrivateKey(context_, options.certificate->key());
  }
  ssl_ = SSL_new(context_);
  SSL_set_ex_data(ssl_, 0, this);
  if (!options.name.empty())
    SSL_ctrl(ssl_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(options.name.c_str()));
  const std::string protocols = wire_form(options.alpn);
  if (!protocols.empty())
    SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(protocols.data()), static_cast<unsigned>(protocols.size()));
  if (options.wants_staple) SSL_set_tlsext_status_type(ssl_, TLSEXT_STATUSTYPE_ocsp);
  if (options.session) SSL_set_session(ssl_, options.session.get());
  if (options.once_connected) options.once_connected();
  const timeval longest{patience.count(), 0};
  ::setsockopt(socket_.fd(), SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
  SSL_set_fd(ssl_, socket_.fd());
  SSL_set_connect_state(ssl_);
  std::size_t written = 0;
  if (!options.early_data.empty()) SSL_write_early_data(ssl_, options.early_data.data(), options.early_data.size(), &written);
  if (!options.stays_early) finish_handshake();
}

bool TlsClient::finish_handshake_after_answer() {
  constexpr int of_handshake = 2;  // EncryptedExtensions and Finished; then comes data
  const auto is_there = [](std::string_view bytes) {
    int encrypted = 0;
    while (bytes.size() > 5) {
      const std::size_t size = static_cast<std::size_t>(static_cast<unsigned char>(bytes[3])) << 8 | static_cast<unsigned char>(bytes[4]);
      encrypted += bytes[0] == 0x17 ? 1 : 0;
      bytes.remove_prefix(std::min(bytes.size(), size + 5));
    }
    return encrypted > of_handshake;
  };
  char bytes[4096];
  for (const auto end = std::chrono::steady_clock::now() + patience; std::chrono::steady_clock::now() < end;) {
    const ssize_t size = ::recv(fd(), bytes, sizeof bytes, MSG_PEEK);
    if (size <= 0) return false;
    if (is_there({bytes, static_cast<std::size_t>(size)})) return finish_handshake();
  }
  return false;
}

bool TlsClient::finish_handshake() {
  connected_ = SSL_do_handshake(ssl_) == 1;
  ERR_clear_error();
  return connected_;
}

TlsClient::~TlsClient() {
  SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);  // the session stays resumable
  SSL_free(ssl_);
  SSL_CTX_free(context_);
}

int TlsClient::keep_session(SSL* ssl, SSL_SESSION* session) {
  static_cast<TlsClient*>(SSL_get_ex_data(ssl, 0))->session_ = TlsSessionHandle(session, SessionFree{});
  return 1;
}

void TlsClient::note_alert(const SSL* ssl, int where, int value) {
  const int alert = value & 0xff;
  const bool is_from_server = (where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT;
  if (is_from_server && alert != SSL_AD_CLOSE_NOTIFY) static_cast<TlsClient*>(SSL_get_ex_data(ssl, 0))->alert_ = alert;
}

std::string TlsClient::alpn() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_, &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string TlsClient::server_name() const {
  X509* certificate = SSL_get0_peer_certificate(ssl_);
  char name[256] = "";
  if (certificate != nullptr)
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
  return name;
}

int TlsClient::server_key_type() const {
  X509* certificate = SSL_get0_peer_certificate(ssl_);
  return certificate == nullptr ? EVP_PKEY_NONE : EVP_PKEY_get_base_id(X509_get0_pubkey(certificate));
}

std::string TlsClient::staple() const {
  const unsigned char* bytes = nullptr;
  const long size = SSL_get_tlsext_status_ocsp_resp(ssl_, &bytes);
  return size <= 0 ? std::string() : std::string(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

bool TlsClient::send(std::string_view bytes) {
  const bool ok = SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size());
  ERR_clear_error();
  return ok;
}

bool TlsClient::read_some(milliseconds deadline) {
  pollfd waited{fd(), POLLIN, 0};
  if (SSL_pending(ssl_) == 0 && ::poll(&waited, 1, static_cast<int>(deadline.count())) <= 0) return false;
  char buffer[16 << 10];
  const int got = SSL_read(ssl_, buffer, sizeof buffer);
  if (got > 0) unread_.append(buffer, static_cast<std::size_t>(got));
  else ended_ = SSL_get_error(ssl_, got) != SSL_ERROR_WANT_READ;
  ERR_clear_error();
  return true;
}

std::optional<RawResponse> TlsClient::read_response(milliseconds deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  ResponseReader reader;
  while (!reader.read(unread_, ended_) && !ended_) {
    const auto left = std::chrono::duration_cast<milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0 || !read_some(left)) return std::nullopt;
  }
  if (!reader.has_head()) return std::nullopt;
  return reader.take(unread_);
}

std::optional<RawResponse> TlsClient::get(std::string_view path, std::string_view host) {
  if (!send("GET " + std::string(path) + " HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n")) return std::nullopt;
  return read_response();
}

bool TlsClient::wait_for_close(milliseconds deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!ended_) {
    const auto left = std::chrono::duration_cast<milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0 || !read_some(left)) return false;
  }
  return true;
}

}  // namespace drishti::testing
