#include "net/log_target.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <stdexcept>

#include "net/os_error.hpp"
#include "net/syslog.hpp"

namespace drishti::net {
namespace {

mode_t type_of(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 ? (status.st_mode & S_IFMT) : 0;
}

/// The start of LINES that a pipe takes whole or not at all, so that lines of several writers do not mix: at most
/// PIPE_BUF bytes, cut behind a line.
std::string_view atomic_part(std::string_view lines) {
  if (lines.size() <= PIPE_BUF) return lines;
  const std::size_t end = lines.rfind('\n', PIPE_BUF - 1);
  if (end != std::string_view::npos) return lines.substr(0, end + 1);
  return lines.substr(0, PIPE_BUF);
}

/// A file, pipe, terminal or stream socket. `shared_description`: O_NONBLOCK may not be set, since other processes
/// use the same open file description; then each write waits for poll() to say that it will not block.
class DescriptorTarget : public LogTarget {
 public:
  DescriptorTarget(int fd, bool shared_description)
      : fd_(fd), type_(type_of(fd)), poll_first_(shared_description && type_ != S_IFREG && type_ != S_IFSOCK) {}
  ~DescriptorTarget() override { ::close(fd_); }
  int fd() const override { return fd_; }

  LogWrite write(std::string_view lines) override {
    const std::string_view part = type_ == S_IFREG ? lines : atomic_part(lines);
    if (poll_first_ && !writable()) return {0, EAGAIN};
    const ssize_t size = type_ == S_IFSOCK ? ::send(fd_, part.data(), part.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
                                           : ::write(fd_, part.data(), part.size());
    if (size >= 0) return {static_cast<std::size_t>(size), 0};
    if (errno == EINTR) return {0, 0};
    return {0, errno == EWOULDBLOCK ? EAGAIN : errno};
  }

 private:
  bool writable() const {
    pollfd wait{fd_, POLLOUT, 0};
    return ::poll(&wait, 1, 0) == 1;
  }

  int fd_;
  mode_t type_;
  bool poll_first_;
};

constexpr int append_flags = O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC;

/// The standard stream that PATH leads to (container images link access.log to /dev/stdout), or -1. open() of a stream
/// that is a socket fails with ENXIO; then the stream itself is shared.
int standard_stream(const std::string& path) {
  char link[PATH_MAX];
  const ssize_t size = ::readlink(path.c_str(), link, sizeof link);
  const std::string target = size > 0 ? std::string(link, static_cast<std::size_t>(size)) : std::string();
  for (const std::string& name : {path, target}) {
    if (name == "/dev/stdout" || name == "/proc/self/fd/1") return STDOUT_FILENO;
    if (name == "/dev/stderr" || name == "/proc/self/fd/2") return STDERR_FILENO;
  }
  return -1;
}

bool is_fifo(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISFIFO(status.st_mode);
}

std::unique_ptr<LogTarget> share(int stream, const std::string& name) {
  const int fd = ::fcntl(stream, F_DUPFD_CLOEXEC, 3);
  if (fd < 0) throw std::runtime_error(failed("dup()", name, errno));
  return std::make_unique<DescriptorTarget>(fd, true);
}

std::unique_ptr<LogTarget> open_path(const std::string& path) {
  int fd = ::open(path.c_str(), O_WRONLY | append_flags, 0644);
  // A FIFO that nobody reads yet: opened for reading too, it keeps lines until a reader comes.
  if (fd < 0 && errno == ENXIO && is_fifo(path)) fd = ::open(path.c_str(), O_RDWR | append_flags, 0644);
  if (fd >= 0) return std::make_unique<DescriptorTarget>(fd, false);
  const int error = errno;
  const int stream = standard_stream(path);
  if (error == ENXIO && stream >= 0) return share(stream, path);
  throw std::runtime_error(failed("open()", path, error));
}

/// A regular file is shared with its offset, as other output may follow it; pipes and terminals get an own description.
std::unique_ptr<LogTarget> open_stderr() {
  if (type_of(STDERR_FILENO) != S_IFREG) {
    const int fd = ::open("/proc/self/fd/2", O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0) return std::make_unique<DescriptorTarget>(fd, false);
  }
  return share(STDERR_FILENO, "stderr");
}

}  // namespace

std::unique_ptr<LogTarget> open_log_target(const std::string& path) {
  if (path == "stderr") return open_stderr();
  if (path.rfind("syslog:", 0) == 0) return open_syslog(path);
  return open_path(path);
}

}  // namespace drishti::net
