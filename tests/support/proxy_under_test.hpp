#pragma once
// The built program as a child process with a configuration of its own in a temporary folder.

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/patience.hpp"

namespace drishti::testing {

/// In the configuration text, @port@, @port2@ .. @port9@ stand for free ports of 127.0.0.1 and @dir@ for the temporary
/// folder. `pid`, `error_log ... info` and (without a `worker_processes` in the text) one worker are put in front; the
/// text is the rest of the main context: `events {} http { ... }`.
/// The destructor stops the proxy and fails the test unless it exits with 0 (a sanitizer finding changes that code).
class ProxyUnderTest {
 public:
  /// `program`: another one with the same command line, for comparison; null for ours.
  explicit ProxyUnderTest(std::string config, const char* program = nullptr);
  ~ProxyUnderTest();
  ProxyUnderTest(const ProxyUnderTest&) = delete;
  ProxyUnderTest& operator=(const ProxyUnderTest&) = delete;

  std::uint16_t port(int index = 1) const { return ports_.at(static_cast<std::size_t>(index - 1)); }
  const std::string& directory() const { return directory_; }
  pid_t pid() const { return pid_; }
  bool is_running();

  /// Writes a new configuration (same placeholders, same ports); takes effect with send_signal(SIGHUP).
  void write_config(std::string config);
  void send_signal(int number);
  /// Waits for the end of the process; its exit code, 128 + signal number, or -1 when the deadline passed (then killed).
  int wait_for_exit(std::chrono::milliseconds deadline = patience);
  /// SIGTERM (or another signal) and wait_for_exit().
  int stop(int number);

  /// SIGKILL, which is then no failure of the test.
  void kill();

  std::string error_log() const { return read("error.log"); }
  /// What the process wrote to stdout and stderr (sanitizer reports).
  std::string output() const { return read("output.log"); }
  std::string read(std::string_view file) const;
  /// Waits until the error log contains `text`.
  bool wait_for_log(std::string_view text, std::chrono::milliseconds deadline = patience) const;

 private:
  std::string expand(std::string text) const;
  void choose_ports();
  void spawn();
  bool wait_until_accepting();

  std::string directory_;
  std::vector<std::uint16_t> ports_;
  std::string config_;
  const char* program_;
  pid_t pid_ = -1;
  int exit_code_ = -1;
};

}  // namespace drishti::testing
