#pragma once
// Where `history_file` keeps the requests of the last days.

#include <string>

#include "metrics/scaling/traffic_history.hpp"
#include "net/error_log.hpp"

namespace drishti::server {

/// Control thread. Errors go to the log, once for each path; the advice goes on without.
class TrafficHistoryFile {
 public:
  explicit TrafficHistoryFile(net::ErrorLog& log) : log_(log) {}

  /// Reads HISTORY from PATH when that is another one than before; empty: none from now on.
  void use(const std::string& path, scaling::TrafficHistory& history, std::int64_t now);
  /// Once a minute.
  void write_sometimes(const scaling::TrafficHistory& history, double now);
  void write(const scaling::TrafficHistory& history);

 private:
  void complain(const std::string& what);

  net::ErrorLog& log_;
  std::string path_;
  double written_at_ = 0;
  bool has_complained_ = false;
};

}  // namespace drishti::server
