#include "net/tls_session.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "net/socket_calls.hpp"

namespace drishti::net {
namespace {

std::string openssl_error() {
  char text[256] = "TLS failed";
  if (const unsigned long code = ERR_peek_last_error()) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return text;
}

std::size_t size_of(const iovec* pieces, std::size_t count) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < count; ++i) size += pieces[i].iov_len;
  return size;
}

/// What somebody left in OpenSSL's queue would be taken for our failure. Clearing an empty one takes longer than the look.
void forget_errors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

}  // namespace

/// What OpenSSL takes for its socket: the scratch space of the worker.
struct TlsSession::Bio {
  static TlsSession& session(BIO* bio) { return *static_cast<TlsSession*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* to, int size) {
    BIO_clear_retry_flags(bio);
    TlsSession& self = session(bio);
    if (const std::size_t got = self.take_received(to, static_cast<std::size_t>(size))) return static_cast<int>(got);
    if (self.end_seen_ || self.socket_error_ != 0) return 0;
    BIO_set_retry_read(bio);
    return -1;
  }

  static int write(BIO* bio, const char* from, int size) {
    TlsSession& self = session(bio);
    std::vector<char>& out = self.scratch().to_send;
    if (self.tickets_) self.take_tickets(out);
    out.insert(out.end(), from, from + size);
    return size;
  }

  /// As SSL_read, in a session that takes early data; behind that, SSL_read goes on with the handshake.
  static int read_early(ssl_st* ssl, void* to, int size) {
    TlsSession& self = session(SSL_get_rbio(ssl));
    if (self.first_early_) {
      *static_cast<char*>(to) = *std::exchange(self.first_early_, std::nullopt);
      return 1;
    }
    if (self.early_ == Early::data) {
      std::size_t got = 0;
      const int result = SSL_read_early_data(ssl, to, static_cast<std::size_t>(size), &got);
      if (result != SSL_READ_EARLY_DATA_FINISH) return result == SSL_READ_EARLY_DATA_SUCCESS ? static_cast<int>(got) : -1;
      self.early_ = Early::handshake;
    }
    const int got = SSL_read(ssl, to, size);
    if (SSL_is_init_finished(ssl) != 0) self.early_ = Early::none;
    return got;
  }

  static long control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_FLUSH) return 1;
    if (command == BIO_CTRL_EOF) return session(bio).end_seen_ ? 1 : 0;
    return 0;
  }

  static const BIO_METHOD* method() {
    static const BIO_METHOD* const made = [] {
      BIO_METHOD* fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "worker scratch");
      if (fresh == nullptr) throw std::bad_alloc();
      BIO_meth_set_read(fresh, read);
      BIO_meth_set_write(fresh, write);
      BIO_meth_set_ctrl(fresh, control);
      return fresh;
    }();
    return made;
  }
};

TlsSession::TlsSession(ssl_st* ssl, Channel& channel) : ssl_(ssl), channel_(channel) {
  BIO* bio = BIO_new(Bio::method());
  if (bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_mode(ssl_, SSL_MODE_RELEASE_BUFFERS);
}

// A connection that ended without close_notify would take its session out of use, and with it every later resumption.
TlsSession::~TlsSession() {
  SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(ssl_);
}

// ---- in -------------------------------------------------------------------------------------------------------------

/// One recv into the scratch space. False: nothing came.
bool TlsSession::receive() {
  if (!channel_.descriptor_maybe_readable() || !channel_.is_open()) return false;
  TlsScratch& space = scratch();
  const std::size_t room = std::clamp(read_ahead_, TlsScratch::largest_record, space.received.size());
  const ssize_t n = net::receive(channel_.fd(), {space.received.data(), room});
  if (n <= 0) {
    if (n == 0) end_seen_ = true;
    else if (would_block(errno)) channel_.drained();
    else socket_error_ = errno;
    // After a hang-up the channel stays readable; EAGAIN then means that nothing will ever come.
    if (n < 0 && socket_error_ == 0 && channel_.peer_closed()) end_seen_ = true;
    return false;
  }
  if (static_cast<std::size_t>(n) < room) channel_.drained();
  space.begin = 0;
  space.end = static_cast<std::size_t>(n);
  return true;
}

std::size_t TlsSession::take_received(char* to, std::size_t size) {
  if (held_begin_ < held_.size()) {
    const std::size_t part = std::min(size, held_.size() - held_begin_);
    std::memcpy(to, held_.data() + held_begin_, part);
    held_begin_ += part;
    if (held_begin_ == held_.size()) {
      held_ = {};
      held_begin_ = 0;
    }
    return part;
  }
  TlsScratch& space = scratch();
  if (space.begin == space.end && !receive()) return 0;
  const std::size_t part = std::min(size, space.end - space.begin);
  std::memcpy(to, space.received.data() + space.begin, part);
  space.begin += part;
  return part;
}

/// The scratch space is the next session's: what is left in it stays here.
void TlsSession::keep_received() {
  TlsScratch& space = scratch();
  if (space.begin < space.end) {
    held_.erase(0, std::exchange(held_begin_, 0));
    held_.append(space.received.data() + space.begin, space.end - space.begin);
  }
  space.begin = space.end = 0;
  // No edge will tell of what is here already.
  channel_.hold_bytes(!held_.empty() || SSL_pending(ssl_) > 0);
}

/// Whether another read may give something: a try in vain costs as much as one that succeeds. Early data does not wait for
/// what may come behind it.
bool TlsSession::has_more() {
  const TlsScratch& space = scratch();
  return space.begin < space.end || !held_.empty() || (channel_.descriptor_maybe_readable() && !is_early()) ||
         SSL_pending(ssl_) > 0;
}

IoResult TlsSession::read_with(int (*function)(ssl_st*, void*, int), std::span<char> buffer, bool fill) {
  if (!channel_.is_open()) return {IoStatus::cancelled, 0, 0};
  if (are_keys_old_) return refuse_new_keys();
  forget_errors();
  read_ahead_ = buffer.size();
  std::size_t size = 0;
  int got = 1;
  while (size < buffer.size()) {
    got = function(ssl_, buffer.data() + size, static_cast<int>(buffer.size() - size));
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
    if (!fill || !has_more()) break;
  }
  IoResult result;
  if (got <= 0) result = after_failure(got);
  if (are_keys_old_) result = refuse_new_keys();
  keep_received();
  const IoResult sent = send_out();  // an alert, or the answer to a KeyUpdate
  if (size > 0) {
    if (!result.ok()) channel_.mark_readable();  // the next read tells
    return {IoStatus::ok, 0, size};
  }
  return result.ok() && !sent.ok() ? sent : result;
}

IoResult TlsSession::read(std::span<char> buffer) {
  return read_with(is_early() ? Bio::read_early : SSL_read, buffer, true);
}
IoResult TlsSession::peek(std::span<char> buffer) { return read_with(SSL_peek, buffer, false); }

/// ok: it waits for more of the socket.
IoResult TlsSession::after_failure(int result) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return {};
    case SSL_ERROR_ZERO_RETURN: return {IoStatus::eof, 0, 0};
    default: break;
  }
  may_notify_ = false;
  const long verdict = SSL_get_verify_result(ssl_);
  error_ = verdict == X509_V_OK ? openssl_error() : X509_verify_cert_error_string(verdict);
  ERR_clear_error();
  if (socket_error_ != 0) return {IoStatus::failed, socket_error_, 0};
  return {IoStatus::failed, end_seen_ ? ECONNRESET : EPROTO, 0};
}

// ---- out ------------------------------------------------------------------------------------------------------------

/// Sends what OpenSSL wrote. What the socket does not take waits in unsent_.
IoResult TlsSession::send_out() {
  std::vector<char>& out = scratch().to_send;
  if (out.empty()) return {};
  if (has_unsent()) {
    unsent_.append(out.data(), out.size());
    out.clear();
    return send_unsent();
  }
  const iovec piece{out.data(), out.size()};
  const ssize_t n = channel_.is_open() ? send_pieces(channel_.fd(), &piece, 1) : 0;
  const bool failed = n < 0 && !would_block(errno);
  const std::size_t sent = n > 0 ? static_cast<std::size_t>(n) : 0;
  if (!failed && sent < out.size()) {
    unsent_.assign(out.data() + sent, out.size() - sent);
    channel_.clogged();
  }
  out.clear();
  return failed ? IoResult{IoStatus::failed, errno, 0} : IoResult{};
}

IoResult TlsSession::send_unsent() {
  if (kernel_sends_) {
    look_for_room();
    return {};
  }
  const iovec piece{unsent_.data(), unsent_.size()};
  const ssize_t n = send_pieces(channel_.fd(), &piece, 1);
  if (n < 0 && !would_block(errno)) return {IoStatus::failed, errno, 0};
  if (n > 0) unsent_.erase(0, static_cast<std::size_t>(n));
  if (unsent_.empty()) unsent_ = {};
  else channel_.clogged();
  return {};
}

IoResult TlsSession::encrypt(std::span<const char> plaintext) {
  const int taken = is_early() ? write_early(plaintext) : SSL_write(ssl_, plaintext.data(), static_cast<int>(plaintext.size()));
  if (taken > 0) return {IoStatus::ok, 0, static_cast<std::size_t>(taken)};
  IoResult result = after_failure(taken);
  // Our BIO takes everything: to wait would mean a renegotiation, which is refused.
  return result.ok() ? IoResult{IoStatus::failed, EPROTO, 0} : result;
}

/// To a client whose Finished is still to come, what SSL_write would wait for.
int TlsSession::write_early(std::span<const char> plaintext) {
  std::size_t taken = 0;
  return SSL_write_early_data(ssl_, plaintext.data(), plaintext.size(), &taken) == 1 ? static_cast<int>(taken) : -1;
}

IoResult TlsSession::write(const iovec* pieces, std::size_t count) {
  if (!channel_.is_open()) return {IoStatus::cancelled, 0, 0};
  if (has_unsent()) {
    const IoResult sent = send_unsent();
    if (!sent.ok() || has_unsent()) return sent;
  }
  if (kernel_sends_) return send_by_kernel(pieces, count);
  forget_errors();
  std::vector<char>& plain = scratch().plain;
  IoResult result;
  std::size_t taken = 0, gathered = 0;
  const auto flush_gathered = [&] {
    if (gathered > 0) result = encrypt({plain.data(), gathered});
    if (result.ok()) taken += gathered;
    gathered = 0;
  };
  for (std::size_t i = 0; i < count && result.ok(); ++i) {
    std::span<const char> rest{static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len};
    while (!rest.empty() && result.ok() && taken + gathered < TlsScratch::most_at_once) {
      if (gathered == 0 && rest.size() >= record_size_) {
        result = encrypt(rest.first(record_size_));
        if (result.ok()) taken += record_size_;
        rest = rest.subspan(record_size_);
        continue;
      }
      const std::size_t part = std::min(rest.size(), record_size_ - gathered);
      std::memcpy(plain.data() + gathered, rest.data(), part);
      gathered += part;
      rest = rest.subspan(part);
      if (gathered == record_size_) flush_gathered();
    }
  }
  if (result.ok()) flush_gathered();
  if (ends_with_write_ && result.ok() && taken == size_of(pieces, count)) write_close_notify();
  const IoResult sent = send_out();
  if (!result.ok()) return result;
  return {sent.status, sent.error, taken};
}

}  // namespace drishti::net
