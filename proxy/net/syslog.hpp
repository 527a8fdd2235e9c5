#pragma once
// Log lines as RFC 3164 datagrams:
// `syslog:server=ADDRESS[:PORT]|unix:PATH[,facility=][,severity=][,tag=][,nohostname]`.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "conf/socket_address.hpp"
#include "net/log_target.hpp"

namespace drishti::net {

struct SyslogOptions {
  std::string server;  ///< as written
  int facility = 23;   ///< local7
  int severity = 6;    ///< info
  std::string tag = "nginx";
  bool hostname = true;
};

/// Reads `syslog:...`; the last of a repeated parameter holds. Throws std::runtime_error in nginx's words.
SyslogOptions parse_syslog(std::string_view text);

/// The number of a severity name (emerg 0 ... debug 7), or -1.
int syslog_severity(std::string_view name);

/// `<190>Jan  2 03:04:05 HOST TAG: ` for the local time SECONDS since 1970 (RFC 3164 4.1).
std::string syslog_header(const SyslogOptions& options, std::string_view host, std::int64_t seconds);

/// Resolves the server and connects a datagram socket; throws std::runtime_error. A server that is not there yet is no
/// error: lines are lost until it is.
std::unique_ptr<LogTarget> open_syslog(const std::string& text);

}  // namespace drishti::net
