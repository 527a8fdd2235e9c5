#include "net/syslog.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <stdexcept>

#include "net/os_error.hpp"

namespace drishti::net {
namespace {

constexpr std::array facilities{"kern",   "user",   "mail",     "daemon", "auth",   "intern", "lpr",    "news",
                                "uucp",   "clock",  "authpriv", "ftp",    "ntp",    "audit",  "alert",  "cron",
                                "local0", "local1", "local2",   "local3", "local4", "local5", "local6", "local7"};
constexpr std::array severities{"emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"};

template <class Names>
int index_of(const Names& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? -1 : static_cast<int>(found - names.begin());
}

std::runtime_error mistake(const std::string& what, std::string_view value) {
  return std::runtime_error(what + " \"" + std::string(value) + "\"");
}

void check_tag(std::string_view tag) {
  if (tag.size() > 32) throw std::runtime_error("syslog tag length exceeds 32");
  const auto allowed = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  if (!std::all_of(tag.begin(), tag.end(), allowed)) {
    throw std::runtime_error("syslog \"tag\" only allows alphanumeric characters and underscore");
  }
}

void apply(std::string_view parameter, SyslogOptions& options) {
  const std::size_t equals = parameter.find('=');
  const std::string_view name = parameter.substr(0, equals);
  const std::string_view value = equals == std::string_view::npos ? "" : parameter.substr(equals + 1);
  if (parameter == "nohostname") {
    options.hostname = false;
  } else if (name == "server" && !value.empty()) {
    options.server = value;
  } else if (name == "facility") {
    if ((options.facility = index_of(facilities, value)) < 0) throw mistake("unknown syslog facility", value);
  } else if (name == "severity") {
    if ((options.severity = index_of(severities, value)) < 0) throw mistake("unknown syslog severity", value);
  } else if (name == "tag") {
    check_tag(value);
    options.tag = value;
  } else {
    throw mistake("unknown syslog parameter", parameter);
  }
}

/// Splits `host`, `host:port`, `[v6]:port`; the port is 514 unless written.
std::pair<std::string, std::uint16_t> host_and_port(const std::string& server) {
  std::size_t colon = server.rfind(':');
  const std::size_t bracket = server.rfind(']');
  if (bracket != std::string::npos && colon != std::string::npos && colon < bracket) colon = std::string::npos;
  if (colon == std::string::npos) return {server, 514};
  std::uint16_t port = 0;
  const char* end = server.data() + server.size();
  const auto result = std::from_chars(server.data() + colon + 1, end, port);
  if (result.ec != std::errc() || result.ptr != end || port == 0)
    throw mistake("invalid port in syslog server", server);
  return {server.substr(0, colon), port};
}

SocketAddress look_up(const std::string& server) {
  const auto [host, port] = host_and_port(server);
  if (auto literal = SocketAddress::from_ip(host, port)) return *literal;
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0)
    throw mistake("host not found in syslog server", server);
  SocketAddress address(found->ai_addr, found->ai_addrlen);
  ::freeaddrinfo(found);
  address.set_port(port);
  return address;
}

SocketAddress address_of(const std::string& server) {
  if (server.rfind("unix:", 0) != 0) return look_up(server);
  const auto address = SocketAddress::from_unix(server.substr(5));
  if (!address) throw mistake("too long path in the unix domain socket", server);
  return *address;
}

std::string host_name() {
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) != 0) return "localhost";
  return name;
}

/// One datagram a line. Connects again when the server went away (a restarted syslogd has a new socket).
class SyslogTarget : public LogTarget {
 public:
  explicit SyslogTarget(SyslogOptions options)
      : options_(std::move(options)), address_(address_of(options_.server)), host_(host_name()) {
    connect();
  }
  ~SyslogTarget() override { disconnect(); }
  int fd() const override { return fd_; }

  LogWrite write(std::string_view lines) override {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::size_t taken = std::min(end + 1, lines.size());
    const int error = send(lines.substr(0, end));
    return error == 0 ? LogWrite{taken, 0} : LogWrite{0, error};
  }

 private:
  void connect() {
    disconnect();
    fd_ = ::socket(address_.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd_ >= 0 && ::connect(fd_, address_.data(), address_.size()) != 0) disconnect();
  }
  void disconnect() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  int send(std::string_view line) {
    const std::int64_t now = std::time(nullptr);
    if (now != header_time_) header_ = syslog_header(options_, host_, header_time_ = now);
    datagram_.assign(header_).append(line);
    int error = send_datagram();
    if (error == 0 || error == EAGAIN || error == EMSGSIZE) return error;
    connect();
    return send_datagram();
  }
  int send_datagram() {
    if (fd_ < 0) return ENOTCONN;
    if (::send(fd_, datagram_.data(), datagram_.size(), MSG_NOSIGNAL) >= 0) return 0;
    return errno;
  }

  SyslogOptions options_;
  SocketAddress address_;
  std::string host_;
  std::string header_, datagram_;
  std::int64_t header_time_ = -1;
  int fd_ = -1;
};

}  // namespace

SyslogOptions parse_syslog(std::string_view text) {
  SyslogOptions options;
  text.remove_prefix(std::string_view("syslog:").size());
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    apply(text.substr(0, comma), options);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  if (options.server.empty()) throw std::runtime_error("no syslog server specified");
  return options;
}

int syslog_severity(std::string_view name) { return index_of(severities, name); }

std::string syslog_header(const SyslogOptions& options, std::string_view host, std::int64_t seconds) {
  const std::time_t when = seconds;
  std::tm local{};
  ::localtime_r(&when, &local);
  constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  char stamp[64];
  const int size = std::snprintf(
      stamp, sizeof stamp, "<%d>%s %2d %02d:%02d:%02d ", options.facility * 8 + options.severity,
      months[static_cast<std::size_t>(local.tm_mon)], local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec);
  std::string header(stamp, static_cast<std::size_t>(size));
  if (options.hostname) header.append(host).append(" ");
  return header.append(options.tag).append(": ");
}

std::unique_ptr<LogTarget> open_syslog(const std::string& text) {
  return std::make_unique<SyslogTarget>(parse_syslog(text));
}

}  // namespace drishti::net
