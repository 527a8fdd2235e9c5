#include "tests/support/fake_upstream.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace drishti::testing {

namespace {

std::string field_of(const std::string& head, std::string_view name) {
  for (std::size_t line = head.find("\r\n"); line != std::string::npos; line = head.find("\r\n", line + 2)) {
    std::size_t begin = line + 2;
    if (head.size() <= begin + name.size() || head[begin + name.size()] != ':') continue;
    if (::strncasecmp(head.c_str() + begin, name.data(), name.size()) != 0) continue;
    std::size_t value = head.find_first_not_of(" \t", begin + name.size() + 1);
    return head.substr(value, head.find("\r\n", value) - value);
  }
  return {};
}

/// Length of the chunked body at the front of `bytes`; npos while it is not whole.
std::size_t chunked_length(std::string_view bytes) {
  std::size_t at = 0;
  for (;;) {
    std::size_t end = bytes.find("\r\n", at);
    if (end == std::string_view::npos) return end;
    std::size_t size = std::strtoul(std::string(bytes.substr(at, end - at)).c_str(), nullptr, 16);
    at = end + 2 + size + 2;
    if (at > bytes.size()) return std::string_view::npos;
    if (size == 0) return at;
  }
}

std::size_t body_length(const std::string& head, std::string_view rest) {
  if (::strcasecmp(field_of(head, "transfer-encoding").c_str(), "chunked") == 0) return chunked_length(rest);
  std::size_t length = std::strtoul(field_of(head, "content-length").c_str(), nullptr, 10);
  return rest.size() < length ? std::string_view::npos : length;
}

}  // namespace

void Event::set() {
  std::lock_guard lock(mutex_);
  is_set_ = true;
  changed_.notify_all();
}

bool Event::wait(std::chrono::milliseconds deadline) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, deadline, [this] { return is_set_; });
}

std::string UpstreamRequest::path() const {
  std::size_t begin = head.find(' ');
  if (begin == std::string::npos) return {};
  return head.substr(begin + 1, head.find(' ', begin + 1) - begin - 1);
}

std::string ok_response(std::string_view body, std::string_view more_fields) {
  return "HTTP/1.1 200 OK\r\n" + std::string(more_fields) + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

FakeUpstream::FakeUpstream(Script script, AskAt ask_at) : script_(std::move(script)), ask_at_(ask_at) { listen(); }

FakeUpstream::~FakeUpstream() { kill(); }

void FakeUpstream::listen() {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port_);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd, any, size) != 0 || ::listen(fd, 1024) != 0 || ::getsockname(fd, any, &size) != 0)
    throw std::runtime_error("fake upstream cannot listen");
  port_ = ntohs(address.sin_port);
  listener_ = fd;
  stopping_ = false;
  acceptor_ = std::thread([this, fd] { accept_loop(fd); });
}

void FakeUpstream::set_script(Script script, AskAt ask_at) {
  std::lock_guard lock(mutex_);
  script_ = std::move(script);
  ask_at_ = ask_at;
}

void FakeUpstream::kill() {
  stopping_ = true;
  if (listener_ >= 0) ::shutdown(listener_, SHUT_RDWR);
  if (acceptor_.joinable()) acceptor_.join();
  if (listener_ >= 0) ::close(listener_);
  listener_ = -1;
  {
    std::lock_guard lock(mutex_);
    linger now{1, 0};
    for (Connection& connection : connections_) {
      if (!connection.open) continue;
      ::setsockopt(connection.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
      ::shutdown(connection.fd, SHUT_RD);
    }
    changed_.notify_all();
  }
  for (Connection& connection : connections_)
    if (connection.thread.joinable()) connection.thread.join();
  connections_.clear();
}

void FakeUpstream::revive() { listen(); }

std::vector<UpstreamRequest> FakeUpstream::requests() const {
  std::lock_guard lock(mutex_);
  return requests_;
}

std::string FakeUpstream::raw() const {
  std::lock_guard lock(mutex_);
  return raw_;
}

int FakeUpstream::connections_accepted() const {
  std::lock_guard lock(mutex_);
  return accepted_;
}

int FakeUpstream::connections_open() const {
  std::lock_guard lock(mutex_);
  int open = 0;
  for (const Connection& connection : connections_) open += connection.open ? 1 : 0;
  return open;
}

void FakeUpstream::forget() {
  std::lock_guard lock(mutex_);
  requests_.clear();
  raw_.clear();
  accepted_ = 0;
}

bool FakeUpstream::wait_until(const std::function<bool()>& holds, std::chrono::milliseconds deadline) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, deadline, holds);
}

void FakeUpstream::accept_loop(int listener) {
  for (;;) {
    int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (stopping_ || fd < 0) {
      if (fd >= 0) ::close(fd);
      return;
    }
    int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::lock_guard lock(mutex_);
    ++accepted_;
    Connection& connection = connections_.emplace_back();
    connection.fd = fd;
    connection.number = ++numbered_;
    connection.thread = std::thread([this, &connection] { serve(connection); });
    changed_.notify_all();
  }
}

bool FakeUpstream::read_once(Connection& connection) {
  char data[65536];
  ssize_t got = ::recv(connection.fd, data, sizeof data, 0);
  if (got <= 0) return false;
  std::lock_guard lock(mutex_);
  raw_.append(data, static_cast<std::size_t>(got));
  connection.pending.append(data, static_cast<std::size_t>(got));
  changed_.notify_all();
  return true;
}

bool FakeUpstream::read_body(Connection& connection) {
  std::size_t length;
  while ((length = body_length(connection.head, connection.pending)) == std::string::npos)
    if (!read_once(connection)) return false;
  connection.pending.erase(0, length);
  return true;
}

void FakeUpstream::serve(Connection& connection) {
  for (;;) {
    AskAt ask_at;
    {
      std::lock_guard lock(mutex_);
      ask_at = ask_at_;
    }
    if (ask_at == AskAt::accept && connection.requests == 0) {
      if (!ask(connection, {}, false)) return;
      continue;
    }
    std::string& pending = connection.pending;
    std::size_t head = pending.find("\r\n\r\n");
    if (head != std::string::npos) {
      UpstreamRequest request{connection.number, connection.requests + 1, pending.substr(0, head + 4), {}};
      std::size_t length = ask_at == AskAt::head ? 0 : body_length(request.head, std::string_view(pending).substr(head + 4));
      if (length != std::string::npos) {
        request.body = pending.substr(head + 4, length);
        pending.erase(0, head + 4 + length);
        if (!ask(connection, request, true)) return;
        continue;
      }
    }
    if (!read_once(connection)) return end(connection, false);
  }
}

/// False when the connection has ended.
bool FakeUpstream::ask(Connection& connection, const UpstreamRequest& request, bool record) {
  Script script;
  {
    std::lock_guard lock(mutex_);
    ++connection.requests;
    connection.head = request.head;
    if (record) requests_.push_back(request);
    script = script_;
    changed_.notify_all();
  }
  for (const Action& action : script(request))
    if (!perform(connection, action)) return false;
  return true;
}

bool FakeUpstream::send(const Connection& connection, const Action& action) {
  const std::size_t step = action.kind == Action::Kind::dribble ? 1 : action.bytes.size();
  for (std::size_t at = 0; at < action.bytes.size();) {
    ssize_t sent = ::send(connection.fd, action.bytes.data() + at, std::min(step, action.bytes.size() - at), MSG_NOSIGNAL);
    if (sent <= 0 || stopping_) return false;
    at += static_cast<std::size_t>(sent);
    bytes_sent_ += static_cast<std::uint64_t>(sent);
    if (action.gap.count() > 0) std::this_thread::sleep_for(action.gap);
  }
  return true;
}

bool FakeUpstream::perform(Connection& connection, const Action& action) {
  switch (action.kind) {
    case Action::Kind::send:
    case Action::Kind::dribble:
      for (int i = 0; i < action.times; ++i)
        if (!send(connection, action)) return end(connection, false), false;
      return true;
    case Action::Kind::wait:
      return action.event->wait() || (end(connection, false), false);
    case Action::Kind::read_body:
      return read_body(connection) || (end(connection, false), false);
    case Action::Kind::read_more:
      while (read_once(connection)) continue;
      return end(connection, false), false;
    case Action::Kind::close: return end(connection, false), false;
    case Action::Kind::reset: return end(connection, true), false;
    case Action::Kind::half_close: ::shutdown(connection.fd, SHUT_WR); return true;
  }
  return true;
}

void FakeUpstream::end(Connection& connection, bool with_reset) {
  std::lock_guard lock(mutex_);
  linger now{1, 0};
  if (with_reset) ::setsockopt(connection.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(connection.fd);
  connection.open = false;
  changed_.notify_all();
}

}  // namespace drishti::testing
