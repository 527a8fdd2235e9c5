#pragma once
// recv and send without the C library's: those are cancellation points, which cost a lock in a program with threads.

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <span>

namespace drishti::net {

inline bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

/// As recv(2); goes on after EINTR.
inline ssize_t receive(int fd, std::span<char> buffer) {
  ssize_t n;
  do {
    n = ::syscall(SYS_recvfrom, fd, buffer.data(), buffer.size(), 0, nullptr, nullptr);
  } while (n < 0 && errno == EINTR);
  return n;
}

/// As writev(2) on a socket, without SIGPIPE; goes on after EINTR.
inline ssize_t send_pieces(int fd, const iovec* pieces, std::size_t count) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces);
  message.msg_iovlen = count;
  ssize_t n;
  do {
    n = count == 1 ? ::syscall(SYS_sendto, fd, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL, nullptr, 0)
                   : ::syscall(SYS_sendmsg, fd, &message, MSG_NOSIGNAL);
  } while (n < 0 && errno == EINTR);
  return n;
}

}  // namespace drishti::net
