#include "net/blocking_tls.hpp"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <cerrno>
#include <csignal>
#include <new>
#include <stdexcept>

#include "net/os_error.hpp"

namespace drishti::net {
namespace {

[[noreturn]] void fail(const SSL* ssl) {
  if (const long verdict = SSL_get_verify_result(ssl); verdict != X509_V_OK)
    throw std::runtime_error(std::string("the certificate is not accepted: ") + X509_verify_cert_error_string(verdict));
  char text[256] = "the connection was cut";
  if (const unsigned long code = ERR_get_error()) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  throw std::runtime_error(std::string("TLS failed: ") + text);
}

}  // namespace

BlockingTls::BlockingTls(const TlsClientContext& context, int fd, const std::string& name, Clock::time_point end)
    : fd_(fd), ssl_(SSL_new(context.get())), end_(end) {
  if (ssl_ == nullptr) throw std::bad_alloc();
  ERR_clear_error();
  ::signal(SIGPIPE, SIG_IGN);
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  SSL_set_fd(ssl_, fd);
  SSL_set_connect_state(ssl_);
  if (!name.empty()) set_name(name);
  try {
    for (int result = 0; (result = SSL_do_handshake(ssl_)) != 1;) wait_after(result);
  } catch (...) {
    SSL_free(ssl_);
    throw;
  }
}

BlockingTls::~BlockingTls() { SSL_free(ssl_); }

void BlockingTls::set_name(const std::string& name) {
  const bool is_address = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), name.c_str()) == 1;
  ERR_clear_error();
  if (is_address) return;
  // SNI, RFC 6066 3: names only. (The macro for it has an old-style cast.)
  SSL_ctrl(ssl_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(name.c_str()));
  SSL_set1_host(ssl_, name.c_str());
}

/// Until the socket is as OpenSSL wants it.
void BlockingTls::wait_after(int result) {
  const int error = SSL_get_error(ssl_, result);
  if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) fail(ssl_);
  pollfd wanted{fd_, static_cast<short>(error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT), 0};
  const auto left = std::chrono::duration_cast<milliseconds>(end_ - Clock::now()).count();
  if (left <= 0 || ::poll(&wanted, 1, static_cast<int>(left)) <= 0) throw std::runtime_error("no answer in time");
}

void BlockingTls::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const int sent = SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
    if (sent <= 0) wait_after(sent);
    else bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::size_t BlockingTls::read(std::span<char> buffer) {
  for (;;) {
    const int got = SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()));
    if (got > 0) return static_cast<std::size_t>(got);
    if (SSL_get_error(ssl_, got) == SSL_ERROR_ZERO_RETURN) return 0;
    wait_after(got);
  }
}

}  // namespace drishti::net
