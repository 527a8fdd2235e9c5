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

void open_files(net::LogHub& hub, const conf::ErrorLog& log, ErrorLog::Targets& targets) {
  targets.lowest = std::min(targets.lowest, log.level);
  ErrorLog::Targets::Files& files = targets.files[log.path];
  if (log.path.rfind("syslog:", 0) != 0) {
    if (files.empty()) files.push_back(hub.open(log.path));
    return;
  }
  files.resize(static_cast<std::size_t>(LogLevel::emerg) + 1);
  for (std::size_t level = static_cast<std::size_t>(log.level); level < files.size(); ++level) {
    if (files[level] == nullptr) {
      files[level] = hub.open(log.path + ",severity=" + level_name(static_cast<LogLevel>(level)));
    }
  }
}

}  // namespace

ErrorLog::Targets ErrorLog::open_targets(net::LogHub& hub, const std::vector<conf::ErrorLog>& main,
                                         const std::vector<conf::ErrorLog>& others) {
  Targets targets;
  targets.main = main;
  for (const conf::ErrorLog& log : main) {
    open_files(hub, log, targets);
    targets.has_stderr = targets.has_stderr || log.path == "stderr";
  }
  for (const conf::ErrorLog& log : others) open_files(hub, log, targets);
  return targets;
}

void ErrorLog::use(Targets targets) {
  const std::lock_guard lock(mutex_);
  std::swap(targets_, targets);
  lowest_.store(targets_.lowest);
  has_stderr_.store(targets_.has_stderr);
}

bool ErrorLog::enabled(LogLevel level) const { return level >= lowest_.load(std::memory_order_relaxed); }

void ErrorLog::write(LogLevel level, std::uint64_t connection, std::string_view message) {
  if (enabled(level)) filter(nullptr, level, connection, message);
}

void ErrorLog::write_to(const Logs& logs, LogLevel level, std::uint64_t connection, std::string_view message) {
  const bool wanted = std::any_of(logs.begin(), logs.end(), [level](const auto& log) { return level >= log.level; });
  if (wanted) filter(&logs, level, connection, message);
}

void ErrorLog::filter(const Logs* logs, LogLevel level, std::uint64_t connection, std::string_view message) {
  std::optional<RepeatFilter::Summary> summary;
  const bool admitted = repeats_.admit(level, message, now_seconds(), summary);
  if (summary) emit(nullptr, summary->level, 0, summary->text);
  if (admitted) emit(logs, level, connection, message);
}

void ErrorLog::write_summaries() {
  for (const RepeatFilter::Summary& summary : repeats_.ended(now_seconds()))
    emit(nullptr, summary.level, 0, summary.text);
}

void ErrorLog::emit(const Logs* logs, LogLevel level, std::uint64_t connection, std::string_view message) {
  thread_local std::string line;
  format_error_line(line, now_seconds(), level, connection, message);
  submit(logs, level, line);
  if (echo_.load(std::memory_order_relaxed)) echo(level, message);
}

/// A request of an older configuration may name a log that is no longer open; its message goes to the program's own.
void ErrorLog::submit(const Logs* logs, LogLevel level, std::string_view line) {
  const std::lock_guard lock(mutex_);
  if (logs == nullptr || !submit_to(*logs, level, line)) submit_to(targets_.main, level, line);
}

bool ErrorLog::submit_to(const Logs& logs, LogLevel level, std::string_view line) {
  bool done = false;
  for (const conf::ErrorLog& log : logs) {
    const auto found = targets_.files.find(log.path);
    if (level < log.level || found == targets_.files.end()) continue;
    const Targets::Files& files = found->second;
    const auto& file = files.size() == 1 ? files[0] : files[static_cast<std::size_t>(level)];
    if (file == nullptr) continue;
    file->submit(line, 1);
    done = true;
  }
  return done;
}

void ErrorLog::echo(LogLevel level, std::string_view message) const {
  if (level < LogLevel::warn || has_stderr_.load()) return;
  std::string line = std::string("nginx: [") + level_name(level) + "] ";
  append_escaped(line, message);
  line += '\n';
  [[maybe_unused]] const ssize_t size = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace drishti::server
