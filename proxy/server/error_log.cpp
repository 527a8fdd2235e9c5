#include "server/error_log.hpp"

#include <unistd.h>

#include <algorithm>
#include <ctime>

namespace drishti::server {
namespace {

using conf::LogLevel;
constexpr std::size_t max_line = 2048;  // NGX_MAX_ERROR_STR

pid_t thread_id() {
  thread_local pid_t id = ::gettid();
  return id;
}

void append_escaped(std::string& out, std::string_view message) {
  constexpr char hex[] = "0123456789ABCDEF";
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      out += c;
    } else {
      out.append("\\x").append(1, hex[byte >> 4]).append(1, hex[byte & 15]);
    }
  }
}

/// `2026/01/02 03:04:05`; localtime is asked once a second and thread.
std::string_view time_text(std::int64_t seconds) {
  thread_local std::int64_t cached = -1;
  thread_local char text[24];
  if (seconds != cached) {
    const std::time_t when = seconds;
    std::tm local{};
    ::localtime_r(&when, &local);
    std::strftime(text, sizeof text, "%Y/%m/%d %H:%M:%S", &local);
    cached = seconds;
  }
  return text;
}

std::int64_t now_seconds() { return static_cast<std::int64_t>(std::time(nullptr)); }

}  // namespace

const char* level_name(LogLevel level) {
  constexpr const char* names[] = {"debug", "info", "notice", "warn", "error", "crit", "alert", "emerg"};
  return names[static_cast<int>(level)];
}

void format_error_line(std::string& out, std::int64_t seconds, LogLevel level, std::uint64_t connection,
                       std::string_view message) {
  out.assign(time_text(seconds)).append(" [").append(level_name(level)).append("] ");
  out.append(std::to_string(::getpid())).append("#").append(std::to_string(thread_id())).append(": ");
  if (connection != 0) out.append("*").append(std::to_string(connection)).append(" ");
  append_escaped(out, message.substr(0, max_line));
  if (out.size() >= max_line) out.resize(max_line - 1);
  out += '\n';
}

namespace {

ErrorLog::Target open_target(net::LogHub& hub, const conf::ErrorLog& log) {
  ErrorLog::Target target{log.level, log.path == "stderr", {}};
  if (log.path.rfind("syslog:", 0) != 0) {
    target.files.push_back(hub.open(log.path));
    return target;
  }
  for (int level = 0; level <= static_cast<int>(LogLevel::emerg); ++level) {
    const auto severity = static_cast<LogLevel>(level);
    const bool used = severity >= log.level;
    target.files.push_back(used ? hub.open(log.path + ",severity=" + level_name(severity)) : nullptr);
  }
  return target;
}

}  // namespace

ErrorLog::Targets ErrorLog::open_targets(net::LogHub& hub, const std::vector<conf::ErrorLog>& logs) {
  Targets targets;
  for (const conf::ErrorLog& log : logs) targets.push_back(open_target(hub, log));
  return targets;
}

void ErrorLog::use(Targets targets) {
  LogLevel lowest = LogLevel::emerg;
  bool has_stderr = false;
  for (const Target& target : targets) {
    lowest = std::min(lowest, target.level);
    has_stderr = has_stderr || target.is_stderr;
  }
  const std::lock_guard lock(mutex_);
  targets_.swap(targets);
  lowest_.store(lowest);
  has_stderr_.store(has_stderr);
}

bool ErrorLog::enabled(LogLevel level) const { return level >= lowest_.load(std::memory_order_relaxed); }

void ErrorLog::write(LogLevel level, std::uint64_t connection, std::string_view message) {
  if (!enabled(level)) return;
  std::optional<RepeatFilter::Summary> summary;
  const bool admitted = repeats_.admit(level, message, now_seconds(), summary);
  if (summary) emit(summary->level, 0, summary->text);
  if (admitted) emit(level, connection, message);
}

void ErrorLog::write_summaries() {
  for (const RepeatFilter::Summary& summary : repeats_.ended(now_seconds())) emit(summary.level, 0, summary.text);
}

void ErrorLog::emit(LogLevel level, std::uint64_t connection, std::string_view message) {
  thread_local std::string line;
  format_error_line(line, now_seconds(), level, connection, message);
  submit(level, line);
  if (echo_.load(std::memory_order_relaxed)) echo(level, message);
}

void ErrorLog::submit(LogLevel level, std::string_view line) {
  const std::lock_guard lock(mutex_);
  for (const Target& target : targets_) {
    if (level < target.level) continue;
    const auto& file = target.files.size() == 1 ? target.files[0] : target.files[static_cast<std::size_t>(level)];
    file->submit(line, 1);
  }
}

void ErrorLog::echo(LogLevel level, std::string_view message) const {
  if (level < LogLevel::warn || has_stderr_.load()) return;
  std::string line = std::string("nginx: [") + level_name(level) + "] ";
  append_escaped(line, message);
  line += '\n';
  [[maybe_unused]] const ssize_t size = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace drishti::server
