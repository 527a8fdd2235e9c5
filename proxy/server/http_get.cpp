#include "server/http_get.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>

#include "net/blocking_tls.hpp"
#include "net/os_error.hpp"

namespace drishti::server {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t largest_answer = std::size_t{1} << 20;

struct Url {
  bool tls = false;
  std::string host, port = "80", path = "/";
};

Url parse_url(const std::string& url) {
  Url parts;
  parts.tls = url.starts_with("https://");
  if (parts.tls) parts.port = "443";
  const std::string_view scheme = parts.tls ? "https://" : "http://";
  if (!url.starts_with(scheme) || url.find_first_of(" \t\r\n#@") != url.npos)
    throw std::runtime_error("\"" + url + "\" is no URL of the form http[s]://HOST[:PORT]/PATH");
  std::string authority = url.substr(scheme.size());
  if (const auto slash = authority.find('/'); slash != authority.npos) {
    parts.path = authority.substr(slash);
    authority.resize(slash);
  }
  const auto bracket = authority.find(']'), colon = authority.rfind(':');
  if (colon != authority.npos && (bracket == authority.npos || colon > bracket)) {
    parts.port = authority.substr(colon + 1);
    authority.resize(colon);
  }
  parts.host = authority;
  if (parts.host.empty() || parts.port.empty()) throw std::runtime_error("\"" + url + "\" names no host");
  return parts;
}

struct Socket {
  Socket() = default;
  ~Socket() { close(); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  void close() {
    if (fd >= 0) ::close(std::exchange(fd, -1));
  }
  int fd = -1;
};

class Connection {
 public:
  Connection(const Url& url, Steady::time_point end);
  /// From now on all bytes are TLS's.
  void start_tls(const net::TlsClientContext& context) { tls_.emplace(context, socket_.fd, host_, end_); }

  void send(const std::string& request);
  std::string read_to_end();

 private:
  bool connect_to(const addrinfo& address);
  void wait_for(short event) const;
  std::size_t read_some(std::span<char> buffer);

  std::string host_;  ///< without brackets
  Socket socket_;
  std::optional<net::BlockingTls> tls_;
  Steady::time_point end_;
};

void Connection::wait_for(short event) const {
  pollfd wanted{socket_.fd, event, 0};
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end_ - Steady::now()).count();
  if (left <= 0 || ::poll(&wanted, 1, static_cast<int>(left)) <= 0) throw std::runtime_error("no answer in time");
}

bool Connection::connect_to(const addrinfo& address) {
  socket_.fd = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_.fd < 0) return false;
  if (::connect(socket_.fd, address.ai_addr, address.ai_addrlen) == 0) return true;
  int error = errno;
  if (error == EINPROGRESS) {
    wait_for(POLLOUT);
    socklen_t size = sizeof error;
    ::getsockopt(socket_.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error == 0) return true;
  }
  socket_.close();
  errno = error;
  return false;
}

Connection::Connection(const Url& url, Steady::time_point end) : end_(end) {
  host_ = url.host.front() == '[' ? url.host.substr(1, url.host.size() - 2) : url.host;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host_.c_str(), url.port.c_str(), &hints, &found); error != 0)
    throw std::runtime_error(url.host + ": " + ::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next)
    if (connect_to(*address)) return;
  throw std::runtime_error("connect() to " + url.host + ":" + url.port + " failed (" + net::errno_text(errno) + ")");
}

void Connection::send(const std::string& request) {
  if (tls_) return tls_->send(request);
  for (std::size_t sent = 0; sent < request.size();) {
    wait_for(POLLOUT);
    const ssize_t n = ::send(socket_.fd, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) throw std::runtime_error("send() failed (" + net::errno_text(errno) + ")");
    sent += n > 0 ? static_cast<std::size_t>(n) : 0;
  }
}

/// 0: the end.
std::size_t Connection::read_some(std::span<char> buffer) {
  if (tls_) return tls_->read(buffer);
  for (;;) {
    wait_for(POLLIN);
    const ssize_t n = ::recv(socket_.fd, buffer.data(), buffer.size(), 0);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EAGAIN) throw std::runtime_error("recv() failed (" + net::errno_text(errno) + ")");
  }
}

std::string Connection::read_to_end() {
  std::string answer;
  std::array<char, 16384> buffer;
  for (;;) {
    const std::size_t size = read_some(buffer);
    if (size == 0) return answer;
    answer.append(buffer.data(), size);
    if (answer.size() > largest_answer) throw std::runtime_error("the answer is too long");
  }
}

}  // namespace

// HTTP/1.0, so that the end of the connection is the end of the body.
std::string http_get(const std::string& url, std::chrono::milliseconds limit, const std::string& ca_file) {
  const Url parts = parse_url(url);
  Connection connection(parts, Steady::now() + limit);
  if (parts.tls) connection.start_tls(net::TlsClientContext({.verify = true, .ca_file = ca_file}));
  connection.send("GET " + parts.path + " HTTP/1.0\r\nHost: " + parts.host +
                  "\r\nAccept: application/json\r\nConnection: close\r\n\r\n");
  const std::string answer = connection.read_to_end();
  const auto end = answer.find("\r\n\r\n");
  if (!answer.starts_with("HTTP/1.") || end == answer.npos) throw std::runtime_error("the answer is no HTTP");
  if (answer.substr(8, 5) != " 200 ")
    throw std::runtime_error("the answer is" + answer.substr(8, answer.find('\r') - 8));
  return answer.substr(end + 4);
}

}  // namespace drishti::server
