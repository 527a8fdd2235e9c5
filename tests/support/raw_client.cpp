#include "tests/support/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

namespace drishti::testing {

namespace {

using Steady = std::chrono::steady_clock;

bool is_chunked(const RawResponse& response) {
  return ::strcasecmp(response.field("transfer-encoding").c_str(), "chunked") == 0;
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

bool ResponseReader::read(const std::string& bytes, bool closed) {
  if (!has_head() && !read_head(bytes)) return false;
  if (!response_.complete) read_body(bytes, closed);
  return response_.complete;
}

bool ResponseReader::read_head(const std::string& bytes) {
  for (;;) {
    const std::size_t end = bytes.find("\r\n\r\n", at_);
    if (end == std::string::npos) return false;
    const std::size_t space = bytes.find(' ', at_);
    const int status = space < end ? std::atoi(bytes.c_str() + space + 1) : 0;
    const bool is_interim = status >= 100 && status < 200 && status != 101;
    const std::size_t begin = std::exchange(at_, end + 4);
    if (is_interim) {
      response_.interim.push_back(status);
      continue;
    }
    response_.status = status;
    response_.head = bytes.substr(begin, at_ - begin);
    break;
  }
  if (head_request_ || response_.status == 204 || response_.status == 304 || response_.status == 101) {
    framing_ = Framing::none;
  } else if (is_chunked(response_)) {
    framing_ = Framing::chunked;
  } else if (response_.has_field("content-length")) {
    framing_ = Framing::length;
    left_ = std::strtoul(response_.field("content-length").c_str(), nullptr, 10);
  } else {
    framing_ = Framing::close;
  }
  return true;
}

void ResponseReader::read_body(const std::string& bytes, bool closed) {
  switch (framing_) {
    case Framing::none: response_.complete = true; return;
    case Framing::length: response_.complete = take_data(bytes); return;
    case Framing::chunked: read_chunks(bytes); return;
    case Framing::close:
      left_ = bytes.size() - at_;
      take_data(bytes);
      response_.complete = closed;
  }
}

/// Takes what is there of the bytes still to come; true when none is left to come.
bool ResponseReader::take_data(const std::string& bytes) {
  const std::size_t size = std::min(left_, bytes.size() - at_);
  response_.body.append(bytes, at_, size);
  at_ += size;
  left_ -= size;
  return left_ == 0;
}

void ResponseReader::read_chunks(const std::string& bytes) {
  while (!response_.complete) {
    if (in_chunk_) {
      if (!take_data(bytes) || bytes.size() < at_ + 2) return;
      at_ += 2;
      in_chunk_ = false;
    }
    const std::size_t end = bytes.find("\r\n", at_);
    if (end == std::string::npos) return;
    left_ = std::strtoul(bytes.c_str() + at_, nullptr, 16);
    if (left_ == 0) {
      if (bytes.compare(end + 2, 2, "\r\n") != 0) return;
      response_.complete = true;
      at_ = end + 4;
      return;
    }
    in_chunk_ = true;
    at_ = end + 2;
  }
}

RawResponse ResponseReader::take(std::string& bytes) {
  bytes.erase(0, response_.complete ? at_ : bytes.size());
  return std::move(response_);
}

std::optional<RawResponse> take_response(std::string& bytes, bool closed, bool head_request) {
  ResponseReader reader(head_request);
  reader.read(bytes, closed);
  if (!reader.has_head()) return std::nullopt;
  return reader.take(bytes);
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
    if (::poll(&both, 1, static_cast<int>(milliseconds(patience).count())) <= 0) return false;
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
  const auto end = Steady::now() + deadline;
  ResponseReader reader(head_request);
  while (!reader.read(buffer_, closed())) {
    const auto left = std::chrono::ceil<milliseconds>(end - Steady::now());
    if (closed() || left.count() <= 0) break;
    read_some(left);
  }
  if (!reader.has_head()) return std::nullopt;
  return reader.take(buffer_);
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
