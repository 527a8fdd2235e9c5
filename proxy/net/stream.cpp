#include "net/stream.hpp"

#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "net/socket_calls.hpp"

namespace drishti::net {
namespace {

IoResult from_wake(Wake wake, std::size_t bytes) {
  return {wake == Wake::timeout ? IoStatus::timeout : IoStatus::cancelled, 0, bytes};
}

}  // namespace

std::span<iovec> skip_bytes(std::span<iovec> pieces, std::size_t count) {
  while (!pieces.empty() && count >= pieces.front().iov_len) {
    count -= pieces.front().iov_len;
    pieces = pieces.subspan(1);
  }
  if (count > 0) {
    pieces.front().iov_base = static_cast<char*>(pieces.front().iov_base) + count;
    pieces.front().iov_len -= count;
  }
  return pieces;
}

IoResult Stream::failed(int error) { return {IoStatus::failed, error, 0}; }

IoResult Stream::counted(const IoResult& result) {
  if (result.bytes > 0) channel_->worked(result.bytes);
  return result;
}

void Stream::close() {
  if (tls_) tls_->close_notify();
  channel_->close();
}

IoResult Stream::try_read(std::span<char> buffer) {
  if (tls_) return counted(tls_->read(buffer));
  if (!is_open()) return {IoStatus::cancelled, 0, 0};
  const ssize_t n = receive(fd(), buffer);
  if (n == 0) return {IoStatus::eof, 0, 0};
  if (n < 0) {
    if (!would_block(errno)) return failed(errno);
    channel_->drained();
    return {};
  }
  // A short read emptied the socket: the next edge tells of more, so no recv is spent on EAGAIN.
  if (static_cast<std::size_t>(n) < buffer.size()) channel_->drained();
  return counted({IoStatus::ok, 0, static_cast<std::size_t>(n)});
}

IoResult Stream::try_peek(std::span<char> buffer) {
  if (tls_) return tls_->peek(buffer);
  if (!is_open()) return {IoStatus::cancelled, 0, 0};
  const ssize_t n = ::recv(fd(), buffer.data(), buffer.size(), MSG_PEEK | MSG_DONTWAIT);
  if (n == 0) return {IoStatus::eof, 0, 0};
  if (n > 0) return {IoStatus::ok, 0, static_cast<std::size_t>(n)};
  if (!would_block(errno)) return failed(errno);
  channel_->drained();
  return {};
}

IoResult Stream::try_write(const iovec* pieces, std::size_t count) {
  if (tls_) return counted(tls_->write(pieces, count));
  if (!is_open()) return {IoStatus::cancelled, 0, 0};
  const ssize_t n = send_pieces(fd(), pieces, count);
  if (n >= 0) return counted({IoStatus::ok, 0, static_cast<std::size_t>(n)});
  if (!would_block(errno)) return failed(errno);
  channel_->clogged();
  return {};
}

Task<IoResult> Stream::read_some(std::span<char> buffer, milliseconds timeout) {
  for (;;) {
    Wake wake = co_await channel_->readable(timeout);
    if (wake != Wake::ready) co_return from_wake(wake, 0);
    IoResult result = try_read(buffer);
    if (!result.ok() || result.bytes > 0) co_return result;
    // After a hang-up the channel stays readable; EAGAIN then means that nothing will ever come.
    if (channel_->peer_closed()) co_return IoResult{IoStatus::eof, 0, 0};
  }
}

Task<IoResult> Stream::write_all(std::span<iovec> pieces, milliseconds timeout) {
  std::size_t sent = 0;
  pieces = skip_bytes(pieces, 0);
  while (!pieces.empty() || has_unsent()) {
    Wake wake = co_await channel_->writable(timeout);
    if (wake != Wake::ready) co_return from_wake(wake, sent);
    IoResult result = try_write(pieces.data(), std::min<std::size_t>(pieces.size(), 64));
    if (!result.ok()) co_return IoResult{result.status, result.error, sent};
    sent += result.bytes;
    pieces = skip_bytes(pieces, result.bytes);
    if (!pieces.empty() && result.bytes > 0 && !tls_) channel_->clogged();
  }
  co_return IoResult{IoStatus::ok, 0, sent};
}

Task<void> Stream::finish_handshake(milliseconds timeout) {
  std::array<char, 1024> waste;
  const auto until = channel_->reactor().clock().now() + timeout;
  while (is_open() && tls_->is_early()) {
    const auto left = std::chrono::ceil<milliseconds>(until - channel_->reactor().clock().now());
    if (left.count() <= 0) co_return;
    const Wake wake = co_await channel_->readable(left);
    if (wake != Wake::ready || !try_read(waste).ok()) co_return;
  }
}

IoResult Stream::try_send_file(int file, std::uint64_t offset, std::uint64_t length) {
  constexpr std::uint64_t most_at_once = 512 << 10;
  if (tls_ && (!tls_->kernel_sends() || has_unsent() || length == 0)) return send_file_over_tls(file, offset, length);
  if (!is_open()) return {IoStatus::cancelled, 0, 0};
  auto position = static_cast<off_t>(offset);
  ssize_t n;
  do {
    n = ::sendfile(fd(), file, &position, std::min(length, most_at_once));
  } while (n < 0 && errno == EINTR);
  if (n > 0) {
    if (tls_) tls_->look_for_room();
    return counted({IoStatus::ok, 0, static_cast<std::size_t>(n)});
  }
  if (n == 0) return {IoStatus::eof, 0, 0};
  if (!would_block(errno)) return failed(errno);
  channel_->clogged();
  return {};
}

Task<IoResult> Stream::send_file(int file, std::uint64_t offset, std::uint64_t length, milliseconds timeout) {
  std::uint64_t sent = 0;
  while (sent < length || has_unsent()) {
    Wake wake = co_await channel_->writable(timeout);
    if (wake != Wake::ready) co_return from_wake(wake, sent);
    IoResult result = try_send_file(file, offset + sent, length - sent);
    if (!result.ok()) co_return IoResult{result.status, result.error, sent};
    sent += result.bytes;
  }
  co_return IoResult{IoStatus::ok, 0, sent};
}

IoResult Stream::send_file_over_tls(int file, std::uint64_t offset, std::uint64_t length) {
  std::array<char, 64 << 10> part;
  if (has_unsent() || length == 0) return tls_->write(nullptr, 0);
  const ssize_t n = ::pread(file, part.data(), std::min<std::uint64_t>(part.size(), length), static_cast<off_t>(offset));
  if (n == 0) return {IoStatus::eof, 0, 0};
  if (n < 0) return failed(errno);
  const iovec piece{part.data(), static_cast<std::size_t>(n)};
  return counted(tls_->write(&piece, 1));
}

void Stream::shutdown_write() {
  if (tls_) tls_->close_notify();
  if (is_open()) ::shutdown(fd(), SHUT_WR);
}

void Stream::reset_on_close() {
  if (tls_) tls_->forbid_close_notify();
  linger option{1, 0};
  if (is_open()) ::setsockopt(fd(), SOL_SOCKET, SO_LINGER, &option, sizeof option);
}

namespace {

int start_connect(const SocketAddress& address, const SocketAddress* bind_to, int& error) {
  int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    error = errno;
    return -1;
  }
  int on = 1;
  if (!address.is_unix()) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  error = 0;
  if (bind_to && ::bind(fd, bind_to->data(), bind_to->size()) != 0) error = errno;
  if (!error && ::connect(fd, address.data(), address.size()) != 0) error = errno;
  return fd;
}

int pending_error(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

}  // namespace

Task<IoResult> connect(Reactor& reactor, Stream& stream, const SocketAddress& address, const SocketAddress* bind_to,
                       milliseconds timeout) {
  int error = 0;
  int fd = start_connect(address, bind_to, error);
  if (fd < 0) co_return IoResult{IoStatus::failed, error, 0};
  if (error != 0 && error != EINPROGRESS) {
    ::close(fd);
    co_return IoResult{IoStatus::failed, error, 0};
  }
  stream.open(reactor, fd);
  stream.channel().drained();  // an event tells of a peer that speaks first, also when it comes with that of the connection
  if (error == EINPROGRESS) {
    stream.channel().clogged();
    Wake wake = co_await stream.channel().writable(timeout);
    if (wake != Wake::ready) {
      stream.close();
      co_return from_wake(wake, 0);
    }
    error = pending_error(fd);
    if (error != 0) {
      stream.close();
      co_return IoResult{IoStatus::failed, error, 0};
    }
  }
  co_return IoResult{};
}

}  // namespace drishti::net
