#include "tests/support/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

namespace drishti::testing {

namespace {

using Steady = std::chrono::steady_clock;

/// Body of `rest` by chunked framing; false while it is not whole. `rest` loses what was used.
bool take_chunks(std::string& rest, std::string& body) {
  std::size_t at = 0;
  auto cut = [&rest] {
    rest.clear();
    return false;
  };
  for (;;) {
    std::size_t end = rest.find("\r\n", at);
    if (end == std::string::npos) return cut();
    std::size_t size = std::strtoul(rest.c_str() + at, nullptr, 16);
    std::size_t data = end + 2;
    if (size == 0) {
      std::size_t last = rest.find("\r\n", data);
      if (last != data) return cut();
      rest.erase(0, last + 2);
      return true;
    }
    if (rest.size() < data + size + 2) {
      body += rest.substr(data, size);
      return cut();
    }
    body.append(rest, data, size);
    at = data + size + 2;
  }
}

bool contains_chunked(const std::string& value) { return ::strcasecmp(value.c_str(), "chunked") == 0; }

void take_body(RawResponse& response, std::string& rest, bool closed, bool head_request) {
  bool bodyless = head_request || response.status == 204 || response.status == 304 || response.status == 101;
  if (bodyless) {
    response.complete = true;
  } else if (contains_chunked(response.field("transfer-encoding"))) {
    response.complete = take_chunks(rest, response.body);
  } else if (response.has_field("content-length")) {
    std::size_t length = std::strtoul(response.field("content-length").c_str(), nullptr, 10);
    response.complete = rest.size() >= length;
    response.body = rest.substr(0, length);
    rest.erase(0, length);
  } else {
    response.complete = closed;
    response.body.swap(rest);
  }
}

}  // namespace

std::string RawResponse::field(std::string_view name) const {
  for (std::size_t line = head.find("\r\n"); line != std::string::npos; line = head.find("\r\n", line + 2)) {
    std::size_t begin = line + 2;
    if (head.size() <= begin + name.size() || head[begin + name.size()] != ':') continue;
    if (::strncasecmp(head.c_str() + begin, name.data(), name.size()) != 0) continue;
    std::size_t value = head.find_first_not_of(" \t", begin + name.size() + 1);
    return head.substr(value, head.find("\r\n", value) - value);
  }
  return {};
}

bool RawResponse::has_field(std::string_view name) const {
  for (std::size_t line = head.find("\r\n"); line != std::string::npos; line = head.find("\r\n", line + 2))
    if (head.size() > line + 2 + name.size() && head[line + 2 + name.size()] == ':' &&
        ::strncasecmp(head.c_str() + line + 2, name.data(), name.size()) == 0)
      return true;
  return false;
}

std::optional<RawResponse> take_response(std::string& bytes, bool closed, bool head_request) {
  RawResponse response;
  for (;;) {
    std::size_t end = bytes.find("\r\n\r\n");
    if (end == std::string::npos) return std::nullopt;
    std::size_t space = bytes.find(' ');
    int status = space < end ? std::atoi(bytes.c_str() + space + 1) : 0;
    bool is_interim = status >= 100 && status < 200 && status != 101;
    if (!is_interim) {
      response.status = status;
      response.head = bytes.substr(0, end + 4);
      bytes.erase(0, end + 4);
      break;
    }
    response.interim.push_back(status);
    bytes.erase(0, end + 4);
  }
  take_body(response, bytes, closed, head_request);
  return response;
}

RawClient::RawClient(std::uint16_t port, const char* ipv4) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  ::inet_pton(AF_INET, ipv4, &address.sin_addr);
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) close();
}

RawClient::~RawClient() { close(); }

void RawClient::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void RawClient::reset() {
  linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

bool RawClient::send(std::string_view bytes) { return send(bytes, false); }

bool RawClient::send_until_answered(std::string_view bytes) { return send(bytes, true); }

bool RawClient::send(std::string_view bytes, bool until_answered) {
  while (!bytes.empty()) {
    // Reading in between: a proxy that answers before it has read all must not block us both.
    pollfd both{fd_, POLLIN | POLLOUT, 0};
    if (::poll(&both, 1, static_cast<int>(patience.count())) <= 0) return false;
    if ((both.revents & POLLIN) != 0 && !closed()) read_some(milliseconds(0));
    if (until_answered && !buffer_.empty()) return false;
    if (was_reset_) return false;
    ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EAGAIN) continue;
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool RawClient::send_bytewise(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i)
    if (!send(bytes.substr(i, 1))) return false;
  return true;
}

void RawClient::shutdown_write() { ::shutdown(fd_, SHUT_WR); }

bool RawClient::read_some(milliseconds deadline) {
  pollfd readable{fd_, POLLIN, 0};
  if (fd_ < 0 || closed() || ::poll(&readable, 1, static_cast<int>(deadline.count())) <= 0) return false;
  char data[65536];
  ssize_t got = ::recv(fd_, data, sizeof data, MSG_DONTWAIT);
  if (got > 0) buffer_.append(data, static_cast<std::size_t>(got));
  if (got == 0) closed_ = true;
  if (got < 0 && errno != EAGAIN) was_reset_ = true;
  return got > 0;
}

std::optional<RawResponse> RawClient::read_response(bool head_request, milliseconds deadline) {
  auto end = Steady::now() + deadline;
  for (;;) {
    std::string copy = buffer_;
    auto response = take_response(copy, closed(), head_request);
    auto left = std::chrono::ceil<milliseconds>(end - Steady::now());
    bool is_over = closed() || left.count() <= 0;
    if ((response && response->complete) || is_over) {
      if (response) buffer_ = std::move(copy);
      return response;
    }
    read_some(left);
  }
}

std::string RawClient::read_to_close(milliseconds deadline) {
  auto end = Steady::now() + deadline;
  while (!closed()) {
    auto left = std::chrono::ceil<milliseconds>(end - Steady::now());
    if (left.count() <= 0) break;
    read_some(left);
  }
  return std::exchange(buffer_, {});
}

std::optional<RawResponse> get(std::uint16_t port, std::string_view path, std::string_view host) {
  RawClient client(port);
  client.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: " + std::string(host) + "\r\nConnection: close\r\n\r\n");
  return client.read_response();
}

}  // namespace drishti::testing
