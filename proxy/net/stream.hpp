#pragma once
// A connected socket (TCP or unix) of one worker: reads and writes under a deadline, without exceptions.

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "conf/socket_address.hpp"
#include "net/reactor.hpp"
#include "net/task.hpp"

namespace drishti::net {

enum class IoStatus : std::uint8_t { ok, eof, timeout, cancelled, failed };

struct [[nodiscard]] IoResult {
  IoStatus status = IoStatus::ok;
  int error = 0;          ///< errno when failed
  std::size_t bytes = 0;
  bool ok() const { return status == IoStatus::ok; }
};

class Stream {
 public:
  Stream() = default;

  /// Takes a connected (or connecting) non-blocking socket.
  void open(Reactor& reactor, int fd) { channel_.open(reactor, fd); }
  void close() { channel_.close(); }
  bool is_open() const { return channel_.is_open(); }
  int fd() const { return channel_.fd(); }
  Channel& channel() { return channel_; }

  /// One recv without waiting. IoStatus::ok with 0 bytes: nothing there now.
  IoResult try_read(std::span<char> buffer);
  /// One send of all pieces without waiting; ok with fewer bytes: the socket is full.
  IoResult try_write(const iovec* pieces, std::size_t count);

  /// One sendfile without waiting; as try_write. IoStatus::eof: the file is shorter than that.
  IoResult try_send_file(int file, std::uint64_t offset, std::uint64_t length);

  /// At least one byte, or why not. TIMEOUT 0 = none.
  Task<IoResult> read_some(std::span<char> buffer, milliseconds timeout);
  /// All pieces (changed on the way). TIMEOUT is between two successful writes. `bytes` tells how many went out.
  Task<IoResult> write_all(std::span<iovec> pieces, milliseconds timeout);
  /// LENGTH bytes of FILE from OFFSET by sendfile(2).
  Task<IoResult> send_file(int file, std::uint64_t offset, std::uint64_t length, milliseconds timeout);

  /// Ends our direction (FIN).
  void shutdown_write();
  /// close() will send RST instead of FIN.
  void reset_on_close();

 private:
  IoResult failed(int error);
  Channel channel_;
};

/// Skips COUNT bytes at the front of the pieces.
std::span<iovec> skip_bytes(std::span<iovec> pieces, std::size_t count);

/// A connection to ADDRESS within TIMEOUT, optionally from BIND_TO. On failure the stream is closed.
Task<IoResult> connect(Reactor& reactor, Stream& stream, const SocketAddress& address, const SocketAddress* bind_to,
                       milliseconds timeout);

}  // namespace drishti::net
