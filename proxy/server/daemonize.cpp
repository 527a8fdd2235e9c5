#include "server/daemonize.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

#include "net/os_error.hpp"

namespace drishti::server {
namespace {

/// One byte says that the child is up; the end of the pipe without it says that the child ended.
[[noreturn]] void wait_for(int pipe) {
  char byte = 0;
  ssize_t size = 0;
  do {
    size = ::read(pipe, &byte, 1);
  } while (size < 0 && errno == EINTR);
  ::_exit(size == 1 ? 0 : 1);
}

}  // namespace

Background::~Background() {
  if (pipe_ >= 0) ::close(pipe_);
}

void Background::enter() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe() failed (" + net::errno_text(errno) + ")");
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork() failed (" + net::errno_text(errno) + ")");
  if (child > 0) {
    ::close(ends[1]);
    wait_for(ends[0]);
  }
  ::close(ends[0]);
  pipe_ = ends[1];
  ::setsid();
}

void Background::up(bool keep_stderr) {
  if (pipe_ < 0) return;
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null >= 0) {
    ::dup2(null, STDIN_FILENO);
    ::dup2(null, STDOUT_FILENO);
    if (!keep_stderr) ::dup2(null, STDERR_FILENO);
    if (null > STDERR_FILENO) ::close(null);
  }
  const char byte = 1;
  [[maybe_unused]] const ssize_t size = ::write(pipe_, &byte, 1);
  ::close(pipe_);
  pipe_ = -1;
}

}  // namespace drishti::server
