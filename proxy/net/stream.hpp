#pragma once
// A connected socket (TCP or unix) of one worker, with or without TLS on it: reads and writes under a deadline, without
// exceptions.

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "conf/socket_address.hpp"
#include "net/io_result.hpp"
#include "net/channel.hpp"
#include "net/task.hpp"
#include "net/tls_session.hpp"

namespace drishti::net {

class Stream {
 public:
  Stream() : channel_(std::make_unique<Channel>()) {}
  Stream(Reactor& reactor, int fd) : Stream() { open(reactor, fd); }
  /// To another owner, as it stands in the reactor. Nobody may be waiting for it, and its hook is forgotten. What is left
  /// can only be destroyed.
  Stream(Stream&& other) noexcept : channel_(std::move(other.channel_)), tls_(std::move(other.tls_)) {
    channel_->set_hook(nullptr, nullptr);
  }
  ~Stream() {
    if (channel_) close();
  }
  Stream& operator=(Stream&&) = delete;

  /// Takes a connected (or connecting) non-blocking socket, without TLS as yet.
  void open(Reactor& reactor, int fd) {
    tls_.reset();
    channel_->open(reactor, fd);
  }
  void close();
  bool is_open() const { return channel_->is_open(); }
  int fd() const { return channel_->fd(); }
  Channel& channel() { return *channel_; }

  // ---- TLS ----
  /// From now on all bytes are TLS's. Takes SSL, whose accept or connect state is set.
  void start_tls(ssl_st* ssl) { tls_ = std::make_unique<TlsSession>(ssl, *channel_); }
  /// The whole handshake within TIMEOUT (0 = none); why it failed: tls()->error().
  Task<IoResult> handshake(milliseconds timeout) { return tls_->handshake(timeout); }
  /// Before our end, in a session that takes early data: the client's handshake ends first, since there is no close_notify
  /// before that. What else it sends is thrown away. TIMEOUT is for all of it.
  Task<void> finish_handshake(milliseconds timeout);
  /// Null without TLS.
  TlsSession* tls() const { return tls_.get(); }
  /// TLS took bytes which the socket did not yet: try_write() again (without pieces, too) when it is writable.
  bool has_unsent() const { return tls_ && tls_->has_unsent(); }

  /// One recv without waiting. IoStatus::ok with 0 bytes: nothing there now.
  IoResult try_read(std::span<char> buffer);
  /// As try_read(), and the bytes stay.
  IoResult try_peek(std::span<char> buffer);
  /// One send of all pieces without waiting; ok with fewer bytes: the socket is full, or TLS took as much as it takes at
  /// once. With TLS has_unsent() has to be asked, too.
  IoResult try_write(const iovec* pieces, std::size_t count);

  /// One sendfile without waiting; as try_write. IoStatus::eof: the file is shorter than that.
  IoResult try_send_file(int file, std::uint64_t offset, std::uint64_t length);

  /// At least one byte, or why not. TIMEOUT 0 = none.
  Task<IoResult> read_some(std::span<char> buffer, milliseconds timeout);
  /// All pieces (changed on the way). TIMEOUT is between two successful writes. `bytes` tells how many went out.
  Task<IoResult> write_all(std::span<iovec> pieces, milliseconds timeout);
  /// LENGTH bytes of FILE from OFFSET by sendfile(2).
  Task<IoResult> send_file(int file, std::uint64_t offset, std::uint64_t length, milliseconds timeout);

  /// The next write is our last; what TLS says at the end may go with it.
  void end_with_next_write() {
    if (tls_) tls_->end_with_next_write();
  }
  /// Ends our direction (FIN).
  void shutdown_write();
  /// close() will send RST instead of FIN.
  void reset_on_close();

 private:
  IoResult failed(int error);
  IoResult counted(const IoResult& result);
  IoResult send_file_over_tls(int file, std::uint64_t offset, std::uint64_t length);
  std::unique_ptr<Channel> channel_;  ///< has an address of its own, which the reactor and TLS know
  std::unique_ptr<TlsSession> tls_;
};

/// Skips COUNT bytes at the front of the pieces.
std::span<iovec> skip_bytes(std::span<iovec> pieces, std::size_t count);

/// A connection to ADDRESS within TIMEOUT, optionally from BIND_TO. On failure the stream is closed.
Task<IoResult> connect(Reactor& reactor, Stream& stream, const SocketAddress& address, const SocketAddress* bind_to,
                       milliseconds timeout);

}  // namespace drishti::net
