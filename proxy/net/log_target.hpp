#pragma once
// Where log lines end: a file, a pipe, a terminal, a socket. Opened on the control thread, written by the log writer.

#include <memory>
#include <string>
#include <string_view>

namespace drishti::net {

/// The outcome of offering bytes to a target. error EAGAIN: wait until fd() is writable; any other error: the rest
/// can't be written and is lost.
struct LogWrite {
  std::size_t taken = 0;
  int error = 0;
};

class LogTarget {
 public:
  virtual ~LogTarget() = default;
  /// Writes from the start of LINES (complete lines, perhaps less the part that was taken before). Never waits for a
  /// reader.
  virtual LogWrite write(std::string_view lines) = 0;
  /// To wait on for POLLOUT.
  virtual int fd() const = 0;
};

/// Opens PATH, `stderr` or `syslog:...`; throws std::runtime_error in nginx's words.
std::unique_ptr<LogTarget> open_log_target(const std::string& path);

}  // namespace drishti::net
