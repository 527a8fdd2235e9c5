#pragma once
// The error log: several targets, each with its own level, lines in nginx's format. Before open() and while the program
// starts, `warn` and worse go to standard error as `nginx: [emerg] ...`.

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "conf/config.hpp"
#include "net/error_log.hpp"
#include "net/log_file.hpp"
#include "server/repeat_filter.hpp"

namespace drishti::server {

/// nginx's name of a level: `emerg`, `error`, ...
const char* level_name(conf::LogLevel level);

/// `2026/01/02 03:04:05 [error] PID#TID: *CID MESSAGE\n` in local time; at most 2048 bytes, control bytes of the
/// message written as \xHH, so that a message never makes a second line.
void format_error_line(std::string& out, std::int64_t seconds, conf::LogLevel level, std::uint64_t connection,
                       std::string_view message);

class ErrorLog final : public net::ErrorLog {
 public:
  /// Start-up: writes the line `nginx: [LEVEL] MESSAGE` to standard error for `warn` and worse.
  ErrorLog() = default;

  /// The program's own error_log lines, and the files of all others.
  struct Targets {
    /// One, or for syslog one for each level, as each datagram names its own severity.
    using Files = std::vector<std::shared_ptr<net::LogFile>>;
    std::vector<conf::ErrorLog> main;
    std::map<std::string, Files, std::less<>> files;  ///< by path
    conf::LogLevel lowest = conf::LogLevel::emerg;
    bool has_stderr = false;  ///< among `main`
  };

  /// Control thread. `others` are the error_logs of locations. Throws std::runtime_error when one can't be opened.
  static Targets open_targets(net::LogHub& hub, const std::vector<conf::ErrorLog>& main,
                              const std::vector<conf::ErrorLog>& others = {});
  /// Writes to these from now on, instead of the former ones.
  void use(Targets targets);
  /// The start is over: nothing goes to standard error any more, except as a target.
  void stop_echo() { echo_.store(false); }
  /// Control thread, about once a second: writes what the flood filter held back, as a count.
  void write_summaries();

  bool enabled(conf::LogLevel level) const override;
  void write(conf::LogLevel level, std::uint64_t connection, std::string_view message) override;
  void write_to(const std::vector<conf::ErrorLog>& logs, conf::LogLevel level, std::uint64_t connection,
                std::string_view message) override;

 private:
  using Logs = std::vector<conf::ErrorLog>;
  /// LOGS null: the program's own.
  void filter(const Logs* logs, conf::LogLevel level, std::uint64_t connection, std::string_view message);
  void emit(const Logs* logs, conf::LogLevel level, std::uint64_t connection, std::string_view message);
  void submit(const Logs* logs, conf::LogLevel level, std::string_view line);
  bool submit_to(const Logs& logs, conf::LogLevel level, std::string_view line);
  void echo(conf::LogLevel level, std::string_view message) const;

  mutable std::mutex mutex_;
  Targets targets_;  // guarded by mutex_
  std::atomic<conf::LogLevel> lowest_{conf::LogLevel::notice};
  std::atomic<bool> echo_{true};
  std::atomic<bool> has_stderr_{false};
  RepeatFilter repeats_;
};

}  // namespace drishti::server
