#include "server/traffic_history_file.hpp"

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "net/os_error.hpp"

namespace drishti::server {
namespace {

constexpr double write_interval = 60;        // seconds: what a crash may lose
constexpr std::streamsize largest_file = 8192;  // 60 lines are far less

}  // namespace

void TrafficHistoryFile::complain(const std::string& what) {
  if (std::exchange(has_complained_, true)) return;
  log_.write(conf::LogLevel::warn, 0, "history_file \"" + path_ + "\" " + what);
}

void TrafficHistoryFile::use(const std::string& path, scaling::TrafficHistory& history, std::int64_t now) {
  if (path == path_) return;
  path_ = path;
  has_complained_ = false;
  if (path_.empty()) return;
  std::ifstream file(path_, std::ios::binary);
  if (!file) return;  // the first start
  std::string text(static_cast<std::size_t>(largest_file), '\0');
  file.read(text.data(), largest_file);
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (!history.read(text, now)) complain("is not a traffic history, it will be written anew");
}

void TrafficHistoryFile::write_sometimes(const scaling::TrafficHistory& history, double now) {
  if (now - written_at_ < write_interval) return;
  if (written_at_ != 0) write(history);
  written_at_ = now;
}

// Beside it first, so that a crash leaves the old one.
void TrafficHistoryFile::write(const scaling::TrafficHistory& history) {
  if (path_.empty()) return;
  const std::string beside = path_ + ".new";
  std::ofstream file(beside, std::ios::binary | std::ios::trunc);
  file << history.text();
  file.close();
  if (file.fail()) return complain("cannot be written (" + net::errno_text(errno) + ")");
  if (std::rename(beside.c_str(), path_.c_str()) != 0)
    complain("cannot be renamed to (" + net::errno_text(errno) + ")");
}

}  // namespace drishti::server
