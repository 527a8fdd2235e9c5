#pragma once
// One TLS connection over the socket of a Channel, driven without a buffer of its own: ciphertext passes through one scratch
// space a worker, and only what could not be passed on stays here. Why not asio::ssl: it keeps 68 KiB a connection.

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "net/io_result.hpp"
#include "net/task.hpp"
#include "net/channel.hpp"

struct ssl_st;

namespace drishti::net {

/// Ciphertext on its way, of whichever connection is at work. One a worker (Reactor::tls_scratch).
class TlsScratch {
 public:
  static constexpr std::size_t largest_record = (16 << 10) + 512;
  static constexpr std::size_t most_at_once = 128 << 10;  ///< plaintext that one write takes

 private:
  friend class TlsSession;
  TlsScratch() : received(64 << 10), plain(16 << 10) {}
  friend class Reactor;
  std::vector<char> received;
  std::size_t begin = 0, end = 0;  ///< of what the session at work has not read yet
  std::vector<char> to_send;       ///< grows to what most_at_once becomes; keeps its capacity
  std::vector<char> plain;         ///< small pieces become one record here
};

/// Whether the send buffer of a connection is as large as TLS in the kernel needs it: a third of it has to hold a record
/// (TlsSession::look_for_room()). Linux begins with 85 KiB (net.ipv4.tcp_wmem).
bool has_room_for_records(int fd);

class TlsSession {
 public:
  /// Owns SSL, whose accept or connect state is set.
  TlsSession(ssl_st* ssl, Channel& channel);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  ssl_st* ssl() const { return ssl_; }
  /// For the server's side, before handshake(): that may end once the client's early data begins (RFC 8446 2.3). Until
  /// is_early() is false, what read() gives may be somebody's replay, and close_notify() can send nothing.
  void take_early_data() { early_ = Early::data; }
  /// The client has not shown yet that it is there: its Finished is still to come. read() goes on with the handshake.
  bool is_early() const { return early_ != Early::none; }

  /// TIMEOUT is for the whole handshake; 0 = none.
  Task<IoResult> handshake(milliseconds timeout);
  /// As Stream::try_read. IoStatus::eof only after a close_notify: an end without one may be an attacker's (RFC 8446 6.1).
  IoResult read(std::span<char> buffer);
  /// As read(), and the bytes stay. Not while is_early().
  IoResult peek(std::span<char> buffer);
  /// As Stream::try_write; `bytes` were taken, though part of their ciphertext may be unsent.
  IoResult write(const iovec* pieces, std::size_t count);
  /// Ciphertext that the socket did not take, or that may still be in the kernel's layer of TLS. The next write() sends it
  /// first.
  bool has_unsent() const { return !unsent_.empty() || is_kernel_full_; }
  /// Plaintext of a record, at most 16 KiB: less lets a client decrypt the first bytes sooner (ssl_buffer_size).
  void set_record_size(std::size_t bytes) { record_size_ = bytes; }

  // ---- the kernel encrypts (docs/adr/0009-tls-in-the-stream.md) ----
  /// From now on OpenSSL writes to the socket itself, as the kernel's takeover asks for. Before the first byte is written,
  /// also in a callback of the handshake; a second call changes nothing.
  void offer_to_kernel();
  /// After the handshake: whether the kernel took over. If not, all is as if nothing had been offered.
  bool settle_offer();
  /// What is written to the socket, also by sendfile(2), becomes records there. Only while has_unsent() is false.
  bool kernel_sends() const { return kernel_sends_; }
  /// To be asked after something was written: whether the kernel has room for what it keeps (has_unsent()).
  void look_for_room();

  /// close_notify goes out with the next write(), if that takes all of its pieces.
  void end_with_next_write() { ends_with_write_ = true; }
  /// Sends close_notify, once, as far as the socket takes it.
  void close_notify();
  /// The end is to look like a cut: no close_notify.
  void forbid_close_notify() { may_notify_ = false; }

  /// Why the last call failed, in OpenSSL's words, or why the peer's certificate was not accepted.
  const std::string& error() const { return error_; }

 private:
  struct Bio;
  /// Whose turn it is: data may come before the handshake ends, no more of it, or the handshake is over.
  enum class Early : std::uint8_t { none, data, handshake };
  struct KernelTls;
  /// Ciphertext that goes out with the next, or when its time is over; see hold_tickets().
  struct HeldTickets : DeadlineWheel::Timer {
    HeldTickets(TlsSession& owner, const std::vector<char>& text)
        : DeadlineWheel::Timer(fired), session(owner), bytes(text.begin(), text.end()) {}
    static void fired(DeadlineWheel::Timer& timer) { static_cast<HeldTickets&>(timer).session.send_tickets(); }
    TlsSession& session;
    std::string bytes;
  };
  IoResult read_with(int (*function)(ssl_st*, void*, int), std::span<char> buffer, bool fill);
  IoResult after_failure(int result);
  IoResult encrypt(std::span<const char> plaintext);
  int go_on_with_handshake();
  int write_early(std::span<const char> plaintext);
  std::size_t take_received(char* to, std::size_t size);
  bool receive();
  bool has_more();
  void keep_received();
  bool may_wait() const;
  void hold_tickets();
  void take_tickets(std::vector<char>& out);
  void write_close_notify();
  void send_tickets();
  IoResult send_out();
  IoResult send_unsent();
  IoResult send_by_kernel(const iovec* pieces, std::size_t count);
  IoResult refuse_new_keys();
  TlsScratch& scratch() { return channel_.reactor().tls_scratch(); }

  ssl_st* ssl_;
  Channel& channel_;
  std::string held_;             ///< received and not decrypted yet
  std::size_t held_begin_ = 0;
  std::string unsent_;
  std::unique_ptr<HeldTickets> tickets_;
  std::string error_;
  std::size_t record_size_ = 16 << 10;
  std::size_t read_ahead_ = 0;   ///< how much the read at work would like to receive
  int socket_error_ = 0;
  bool end_seen_ = false;        ///< the socket's
  bool may_notify_ = true;
  bool ends_with_write_ = false;
  Early early_ = Early::none;
  std::optional<char> first_early_;  ///< read to learn that there is any
  bool kernel_sends_ = false;
  bool is_kernel_full_ = false;
  bool are_keys_old_ = false;    ///< the peer wants new ones, which the kernel does not take
};

}  // namespace drishti::net
