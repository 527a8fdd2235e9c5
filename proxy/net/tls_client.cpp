#include "net/tls_client.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <new>
#include <stdexcept>

namespace drishti::net {
namespace {

std::string last_error() {
  char text[256] = "TLS failed";
  if (const unsigned long code = ERR_get_error()) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return text;
}

/// Its bearer is trusted whoever signed it.
bool trust_only(SSL_CTX* context, const std::string& file) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> in(BIO_new_file(file.c_str(), "r"), BIO_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      in ? PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr) : nullptr, X509_free);
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  return certificate && X509_STORE_add_cert(store, certificate.get()) == 1 &&
         X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) == 1;
}

bool trust(SSL_CTX* context, const TlsClientOptions& options) {
  if (!options.only_certificate.empty()) return trust_only(context, options.only_certificate);
  if (options.ca_file.empty()) return SSL_CTX_set_default_verify_paths(context) == 1;
  return SSL_CTX_load_verify_locations(context, options.ca_file.c_str(), nullptr) == 1;
}

}  // namespace

TlsClientContext::TlsClientContext(const TlsClientOptions& options)
    : context_(SSL_CTX_new(TLS_client_method())), verify_(options.verify) {
  if (!context_) throw std::bad_alloc();
  SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
  // Partial writes: a socket that is full is not an error. Moving: our buffer may be another one at the next try.
  SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(context_, verify_ ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (trust(context_, options)) return;
  SSL_CTX_free(context_);
  const std::string& file = options.only_certificate.empty() ? options.ca_file : options.only_certificate;
  throw std::runtime_error("cannot load certificates from \"" + file + "\" (" + last_error() + ")");
}

TlsClientContext::~TlsClientContext() { SSL_CTX_free(context_); }

TlsClient::TlsClient(const TlsClientContext& context, Stream& stream, const std::string& name)
    : stream_(stream), ssl_(SSL_new(context.get())) {
  if (!ssl_) throw std::bad_alloc();
  SSL_set_fd(ssl_, stream.fd());
  SSL_set_connect_state(ssl_);
  const bool is_address = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), name.c_str()) == 1;
  ERR_clear_error();
  if (is_address) return;
  // SNI, RFC 6066 3: names only. (The macro for it has an old-style cast.)
  SSL_ctrl(ssl_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(name.c_str()));
  SSL_set1_host(ssl_, name.c_str());
}

TlsClient::~TlsClient() { SSL_free(ssl_); }

/// What OpenSSL waits for; nothing: OUTCOME says how it ended.
TlsClient::Want TlsClient::want_after(int result, IoResult& outcome) {
  const int system_error = errno;
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ: return Want::to_read;
    case SSL_ERROR_WANT_WRITE: return Want::to_write;
    case SSL_ERROR_ZERO_RETURN: outcome = {IoStatus::eof, 0, 0}; break;
    case SSL_ERROR_SYSCALL: outcome = {IoStatus::failed, system_error ? system_error : ECONNRESET, 0}; break;
    default: outcome = {IoStatus::failed, EPROTO, 0};
  }
  const long verdict = SSL_get_verify_result(ssl_);
  error_ = verdict == X509_V_OK ? last_error() : X509_verify_cert_error_string(verdict);
  ERR_clear_error();
  return Want::nothing;
}

Task<Wake> TlsClient::wait(Want want, milliseconds timeout) {
  Channel& channel = stream_.channel();
  if (want == Want::to_read) {
    channel.drained();
    // After a hang-up the channel stays readable: then OpenSSL has seen all there is, and nothing more will come.
    if (channel.maybe_readable()) co_return Wake::cancelled;
    const Wake wake = co_await channel.readable(timeout);
    co_return wake;
  }
  channel.clogged();
  const Wake wake = co_await channel.writable(timeout);
  co_return wake;
}

Task<IoResult> TlsClient::handshake(milliseconds timeout) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  IoResult outcome;
  for (;;) {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_);
    if (result == 1) co_return IoResult{};
    const Want want = want_after(result, outcome);
    if (want == Want::nothing) co_return outcome;
    const auto left = std::chrono::ceil<milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) co_return IoResult{IoStatus::timeout, 0, 0};
    const Wake wake = co_await wait(want, left);
    if (wake == Wake::timeout) co_return IoResult{IoStatus::timeout, 0, 0};
    if (wake == Wake::cancelled) co_return IoResult{IoStatus::cancelled, 0, 0};
  }
}

Task<IoResult> TlsClient::read_some(std::span<char> buffer) {
  IoResult outcome;
  for (;;) {
    if (!stream_.is_open()) co_return IoResult{IoStatus::cancelled, 0, 0};
    ERR_clear_error();
    const int got = SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()));
    if (got > 0) co_return IoResult{IoStatus::ok, 0, static_cast<std::size_t>(got)};
    const Want want = want_after(got, outcome);
    if (want == Want::nothing) co_return outcome;
    const Wake wake = co_await wait(want, milliseconds(0));
    if (wake != Wake::ready) co_return IoResult{stream_.is_open() ? IoStatus::eof : IoStatus::cancelled, 0, 0};
  }
}

Task<IoResult> TlsClient::write_all(std::span<const char> bytes) {
  IoResult outcome;
  const std::size_t all = bytes.size();
  while (!bytes.empty()) {
    if (!stream_.is_open()) co_return IoResult{IoStatus::cancelled, 0, 0};
    ERR_clear_error();
    const int sent = SSL_write(ssl_, bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 20)));
    if (sent > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
      continue;
    }
    const Want want = want_after(sent, outcome);
    if (want == Want::nothing) co_return outcome;
    // A write that wants to read (a renegotiation, which TLS 1.3 has not) would take the reader's place: it ends instead.
    if (want == Want::to_read) co_return IoResult{IoStatus::failed, EPROTO, 0};
    const Wake wake = co_await wait(want, milliseconds(0));
    if (wake != Wake::ready) co_return IoResult{IoStatus::cancelled, 0, 0};
  }
  co_return IoResult{IoStatus::ok, 0, all};
}

}  // namespace drishti::net
