#pragma once
// `daemon on`: the process goes to the background; whoever started it waits until the proxy accepts and learns the
// outcome from the exit code.

namespace drishti::server {

/// The child's end of the start. Destroying it without up() tells the parent that the start failed.
class Background {
 public:
  Background() = default;
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  /// Forks before any thread exists. The parent never returns: it exits with 0 after the child's up(), else with 1.
  /// The child leads a new session. Throws std::runtime_error when fork() fails.
  void enter();
  /// The proxy accepts: the parent exits; standard input and output become /dev/null, and standard error too unless
  /// KEEP_STDERR (an error_log goes there). Nothing happens when enter() was not called.
  void up(bool keep_stderr);

 private:
  int pipe_ = -1;
};

}  // namespace drishti::server
