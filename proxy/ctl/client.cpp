#include "ctl/client.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <stdexcept>

#include "http/head_parser.hpp"
#include "net/blocking_tls.hpp"
#include "net/os_error.hpp"

namespace drishti::ctl {
namespace {

constexpr std::chrono::seconds patience{30};  // a reload may look names up first
constexpr std::size_t largest_answer = std::size_t{64} << 20;

class Socket {
 public:
  explicit Socket(const SocketAddress& address)
      : address_(address), fd_(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{patience.count(), 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (fd_ < 0 || ::connect(fd_, address.data(), address.size()) != 0) fail("connect to");
  }
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

  void send(std::string_view text) const {
    while (!text.empty()) {
      const auto sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) fail("write to");
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// False: the other side closed.
  bool read_more(std::string& text) const {
    char piece[16384];
    const auto got = ::recv(fd_, piece, sizeof piece, 0);
    if (got < 0) fail("read from");
    text.append(piece, static_cast<std::size_t>(got));
    return got > 0 && text.size() <= largest_answer;
  }

 private:
  [[noreturn]] void fail(const char* what) const {
    throw std::runtime_error(std::string("can't ") + what + " the admin listener at " + address_.text() + " (" +
                             net::errno_text(errno) + "); does the proxy run, with \"admin_listen\"?");
  }
  SocketAddress address_;
  int fd_;
};

std::string exchange(const Socket& socket, const std::string& request) {
  socket.send(request);
  std::string text;
  while (socket.read_more(text)) {
  }
  return text;
}

std::string exchange_over_tls(const Socket& socket, const Target& target, const std::string& request) {
  try {
    const net::TlsClientContext context(*target.tls);
    net::BlockingTls tls(context, socket.fd(), target.name, std::chrono::steady_clock::now() + patience);
    tls.send(request);
    std::string text;
    char piece[16384];
    for (std::size_t got = 1; got > 0 && text.size() <= largest_answer; text.append(piece, got)) got = tls.read(piece);
    return text;
  } catch (const std::runtime_error& error) {
    throw std::runtime_error("https://" + target.address.text() + ": " + error.what());
  }
}

std::string request_text(const std::string& token, const Call& call) {
  std::string text = call.method + " " + call.path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
  if (!token.empty()) text += "Authorization: Bearer " + token + "\r\n";
  if (call.method != "GET")
    text += "Content-Type: application/json\r\nContent-Length: " + std::to_string(call.body.size()) + "\r\n";
  return text + "\r\n" + call.body;
}

}  // namespace

Answer call(const Target& target, const Call& call) {
  const Socket socket(target.address);
  const std::string request = request_text(target.token, call);
  const std::string text = target.tls ? exchange_over_tls(socket, target, request) : exchange(socket, request);
  http::ResponseHead head;
  http::ResponseParser parser;
  parser.start(http::HeadLimits{}, http::method_of(call.method), head);
  const bool is_http = parser.parse(text) == http::ParseState::done && head.body.kind == http::BodyKind::length;
  if (!is_http || text.size() != parser.head_size() + head.body.length)
    throw std::runtime_error("what answers at " + target.address.text() + " is not drishti's admin listener" +
                             (target.tls ? "" : ", or it speaks TLS: --address https://HOST:PORT"));
  return {head.status, text.substr(parser.head_size())};
}

}  // namespace drishti::ctl
