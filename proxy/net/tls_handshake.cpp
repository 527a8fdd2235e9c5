// How a TlsSession begins and ends.
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "net/tls_session.hpp"

namespace drishti::net {

/// As SSL_do_handshake; 1 also when early data has begun, which is the next read's then.
int TlsSession::go_on_with_handshake() {
  if (early_ == Early::data) {
    char first = 0;
    std::size_t size = 0;
    switch (SSL_read_early_data(ssl_, &first, 1, &size)) {
      case SSL_READ_EARLY_DATA_ERROR: return -1;
      case SSL_READ_EARLY_DATA_SUCCESS:
        first_early_ = first;
        channel_.mark_readable();
        return 1;
      default: early_ = Early::none;
    }
  }
  return SSL_do_handshake(ssl_);
}

/// Whether what OpenSSL wrote at the end of the handshake are a server's tickets, which the client does not wait for. Those
/// of TLS 1.2 come before the server's Finished.
bool TlsSession::may_wait() const {
  return SSL_is_server(ssl_) != 0 && SSL_version(ssl_) == TLS1_3_VERSION && !is_early() && !has_unsent();
}

// A server may send tickets at any time (RFC 8446 4.6.1): with the first bytes of the response they cost no packet, and the
// client is not woken for them. When these are long in coming the tickets go alone.
void TlsSession::hold_tickets() {
  constexpr milliseconds longest_wait{10};
  std::vector<char>& out = scratch().to_send;
  if (out.empty()) return;
  tickets_ = std::make_unique<HeldTickets>(*this, out);
  out.clear();
  channel_.reactor().arm(*tickets_, longest_wait);
}

void TlsSession::take_tickets(std::vector<char>& out) {
  out.insert(out.end(), tickets_->bytes.begin(), tickets_->bytes.end());
  tickets_.reset();
}

void TlsSession::send_tickets() {
  if (!channel_.is_open()) return;
  take_tickets(scratch().to_send);
  const IoResult sent = send_out();
  if (!sent.ok()) ::shutdown(channel_.fd(), SHUT_RDWR);  // records are missing now; who waits to read is told
}

Task<IoResult> TlsSession::handshake(milliseconds timeout) {
  const auto end = channel_.reactor().clock().now() + timeout;
  for (;;) {
    ERR_clear_error();
    read_ahead_ = 0;
    const int result = go_on_with_handshake();
    IoResult outcome;
    if (result != 1) outcome = after_failure(result);
    const bool wants_room = result != 1 && SSL_want_write(ssl_);  // OpenSSL writes to the socket itself
    if (wants_room) channel_.clogged();
    keep_received();
    if (result == 1 && may_wait()) {
      hold_tickets();
      co_return IoResult{};
    }
    const IoResult sent = send_out();  // what it says also when it failed: an alert tells the other side why
    if (!outcome.ok()) co_return outcome.status == IoStatus::eof ? IoResult{IoStatus::failed, ECONNRESET, 0} : outcome;
    if (!sent.ok()) co_return sent;
    if (result == 1 && !has_unsent()) co_return IoResult{};
    milliseconds left{0};
    if (timeout.count() > 0) {
      left = std::chrono::ceil<milliseconds>(end - channel_.reactor().clock().now());
      if (left.count() <= 0) co_return IoResult{IoStatus::timeout, 0, 0};
    }
    Wake wake;
    if (has_unsent() || wants_room) wake = co_await channel_.writable(left);
    else wake = co_await channel_.readable(left);
    if (wake == Wake::timeout) co_return IoResult{IoStatus::timeout, 0, 0};
    if (wake == Wake::cancelled) co_return IoResult{IoStatus::cancelled, 0, 0};
    if (!has_unsent()) continue;
    const IoResult flushed = send_unsent();
    if (!flushed.ok()) co_return flushed;
  }
}

void TlsSession::write_close_notify() {
  if (!may_notify_ || !SSL_is_init_finished(ssl_)) return;
  may_notify_ = false;
  ERR_clear_error();
  SSL_shutdown(ssl_);
  ERR_clear_error();
}

void TlsSession::close_notify() {
  if (has_unsent() || !channel_.is_open()) return;
  write_close_notify();
  const IoResult sent = send_out();
  static_cast<void>(sent);  // whoever closes does not wait
}

}  // namespace drishti::net
