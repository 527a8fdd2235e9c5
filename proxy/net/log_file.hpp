#pragma once
// Log files that never block a worker: a worker gathers lines, hands them over once a turn of its loop, and one writer
// thread of the process writes them. When the disk is full or a pipe is blocked, lines are lost and counted (X10, X11).

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace drishti::net {

/// One open target: a file, /dev/stdout, stderr, or syslog:... . Shared by all that write to it; survives reloads.
class LogFile {
 public:
  virtual ~LogFile() = default;
  /// Queues complete lines (each ending in \n). Never blocks; drops and counts when the queue is full. Any thread.
  virtual void submit(std::string_view lines, std::uint32_t count) = 0;
  virtual std::uint64_t lost_lines() const = 0;
};

/// Lines lost at one target since the last report. `error`: the errno of the failed write; 0 = its queue was full,
/// because the reader of a pipe or the disk does not keep up.
struct LogLoss {
  std::string path;
  std::uint64_t lines = 0;
  int error = 0;
};

/// Owns the writer thread and all LogFiles of the process. open() and reopen() on the control thread.
class LogHub {
 public:
  LogHub();
  ~LogHub();  ///< writes what is queued (bounded wait of a second) and ends the thread
  /// The target named PATH, opened on first use: a file (appended to, 0644), a FIFO or device, `stderr`, or
  /// `syslog:server=...`. Throws std::runtime_error in nginx's words: `open() "PATH" failed (13: Permission denied)`.
  std::shared_ptr<LogFile> open(const std::string& path);
  /// USR1: opens all paths anew; a path that can't be opened keeps its old descriptor. Returns error texts.
  std::vector<std::string> reopen();
  /// Closes files that nobody holds any more.
  void collect();
  std::uint64_t lost_lines() const;
  /// What was lost since the last call, for an alert in the error log.
  std::vector<LogLoss> take_losses();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A worker's gathering buffer for one LogFile. Worker thread only.
class LogBuffer {
 public:
  /// `limit`: bytes gathered before a hand-over regardless of the turn (access_log buffer=, at least 16 KiB).
  explicit LogBuffer(std::shared_ptr<LogFile> file, std::size_t limit = 32 << 10);
  ~LogBuffer() { flush(); }
  /// The buffer to append one line with its \n to; call line_done() behind it.
  std::string& text() { return text_; }
  void line_done() {
    ++lines_;
    if (text_.size() >= limit_) flush();
  }
  void flush();
  /// Hands over what was gathered and goes on with another file (a reload); those who hold this buffer keep it.
  void change_to(std::shared_ptr<LogFile> file, std::size_t limit) {
    flush();
    file_ = std::move(file);
    limit_ = limit;
  }

 private:
  std::shared_ptr<LogFile> file_;
  std::size_t limit_;
  std::string text_;
  std::uint32_t lines_ = 0;
};

}  // namespace drishti::net
