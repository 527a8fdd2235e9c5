// The part of a TlsSession whose records the kernel makes (kTLS). Only sending: what is received passes through our BIO.
//
// OpenSSL gives the keys to the kernel when its handshake gets to them, if the connection's options say so and it writes to
// a socket of its own. From then on plaintext is written to the socket; OpenSSL writes alerts and the like there, too.

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "net/socket_calls.hpp"
#include "net/tls_session.hpp"

namespace drishti::net {

bool has_room_for_records(int fd) {
  constexpr int overhead = 1 << 10;  // what the kernel counts besides the bytes
  int size = 0;
  socklen_t length = sizeof size;
  return ::getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &length) == 0 &&
         size >= 3 * (static_cast<int>(TlsScratch::largest_record) + overhead);
}

/// Watches for a KeyUpdate that wants one of us: OpenSSL would take new keys, but the kernel would go on with the old ones.
struct TlsSession::KernelTls {
  static void on_message(int is_ours, int, int type, const void* bytes, std::size_t size, SSL*, void* session) {
    if (is_ours != 0 || type != SSL3_RT_HANDSHAKE || size <= SSL3_HM_HEADER_LENGTH) return;
    const auto* message = static_cast<const unsigned char*>(bytes);
    if (message[0] == SSL3_MT_KEY_UPDATE && message[SSL3_HM_HEADER_LENGTH] == SSL_KEY_UPDATE_REQUESTED)
      static_cast<TlsSession*>(session)->are_keys_old_ = true;
  }

  static bool is_ours(SSL* ssl) { return SSL_get_wbio(ssl) == SSL_get_rbio(ssl); }
};

void TlsSession::offer_to_kernel() {
  if (is_early()) return;  // answers to early data have no keys yet that the kernel could take
  if (SSL_get_wfd(ssl_) >= 0) return;  // offered already
  if (BIO* socket = BIO_new_socket(channel_.fd(), BIO_NOCLOSE)) SSL_set0_wbio(ssl_, socket);
}

bool TlsSession::settle_offer() {
  if (KernelTls::is_ours(ssl_)) return false;
  kernel_sends_ = BIO_get_ktls_send(SSL_get_wbio(ssl_));
  if (kernel_sends_) {
    SSL_set_msg_callback(ssl_, KernelTls::on_message);
    SSL_set_msg_callback_arg(ssl_, this);
  } else {
    BIO_up_ref(SSL_get_rbio(ssl_));
    SSL_set0_wbio(ssl_, SSL_get_rbio(ssl_));
  }
  return kernel_sends_;
}

IoResult TlsSession::send_by_kernel(const iovec* pieces, std::size_t count) {
  if (are_keys_old_) return refuse_new_keys();
  if (count == 0) return {};
  const ssize_t n = send_pieces(channel_.fd(), pieces, count);
  if (n < 0 && !would_block(errno)) return {IoStatus::failed, errno, 0};
  if (n < 0) {
    channel_.clogged();
    return {};
  }
  look_for_room();
  return {IoStatus::ok, 0, static_cast<std::size_t>(n)};
}

/// A record that TCP took only a part of stays in the kernel's layer of TLS, and a FIN or close() would overtake it. When
/// the socket is writable, a third of its send buffer is free: more than a record, so that whatever is sent next, also
/// close_notify, pushes the rest out before it. (poll() also asks for the event that tells of room.)
void TlsSession::look_for_room() {
  pollfd socket{channel_.fd(), POLLOUT, 0};
  is_kernel_full_ = ::poll(&socket, 1, 0) == 0;
  if (is_kernel_full_) channel_.clogged();
}

/// RFC 8446 4.6.3: no data may follow under the old keys. What may is close_notify.
IoResult TlsSession::refuse_new_keys() {
  close_notify();
  error_ = "KeyUpdate: the kernel, which encrypts this connection, does not take new keys";
  ::shutdown(channel_.fd(), SHUT_WR);
  return {IoStatus::failed, EPROTO, 0};
}

}  // namespace drishti::net
