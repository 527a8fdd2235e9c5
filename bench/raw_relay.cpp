// The floor: the least that a pooled HTTP/1.1 relay has to do, and nothing that a proxy is for. It finds the end of the
// request head and the Content-Length of the answer, and copies bytes. No routing, no header changes, no deadlines, no
// error handling beyond closing. GET only, no pipelining: what wrk sends.
// Usage: bench_raw_relay PORT BACKEND_PORT...

#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sockets.hpp"

namespace {

using std::string_view;

struct Socket {
  int fd = -1;
  bool is_client = false;
  bool has_closed = false;     // the far end will send no more
  bool doomed = false;         // closed; deleted after the current batch of events
  Socket* other = nullptr;     // the other side while a request is in progress
  std::size_t backend = 0;     // upstream: which one
  std::string pending;         // client: bytes of the answer that the socket did not take yet
  std::size_t remaining = 0;   // upstream: bytes of the answer still to come
  bool in_body = false;        // upstream: the head of the answer has been read
};

std::size_t content_length(string_view head) {
  const auto at = head.find("Content-Length: ");
  std::size_t length = 0;
  if (at != string_view::npos) std::from_chars(head.data() + at + 16, head.data() + head.size(), length);
  return length;
}

class Relay {
 public:
  Relay(std::uint16_t port, std::vector<std::uint16_t> backends)
      : listener_(bench::listen_on(port)), epoll_(epoll_create1(0)), backends_(std::move(backends)), idle_(backends_.size()) {
    bench::watch(epoll_, listener_, nullptr);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 512> events;
    for (;;) {
      const int count = epoll_wait(epoll_, events.data(), events.size(), -1);
      for (int i = 0; i < count; ++i) handle(events[static_cast<std::size_t>(i)]);
      for (Socket* socket : doomed_) delete socket;
      doomed_.clear();
    }
  }

 private:
  void handle(const epoll_event& event) {
    auto* socket = static_cast<Socket*>(event.data.ptr);
    if (socket == nullptr) return accept_all();
    if (socket->doomed) return;
    if ((event.events & EPOLLRDHUP) != 0) socket->has_closed = true;
    if (socket->is_client) handle_client(socket);
    else relay_answer(socket);
  }

  void handle_client(Socket* client) {
    const bool was_waiting = !client->pending.empty();
    if (!flush(client)) return doom_both(client);
    if (!client->pending.empty()) return;
    if (client->other == nullptr) forward_request(client);
    else if (was_waiting) relay_answer(client->other);
  }

  void accept_all() {
    for (int fd; (fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
      bench::no_delay(fd);
      auto* client = new Socket;
      client->fd = fd;
      client->is_client = true;
      bench::watch(epoll_, fd, client);
    }
  }

  void forward_request(Socket* client) {
    const ssize_t n = recv(client->fd, scratch_.data(), scratch_.size(), 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0 || !string_view(scratch_.data(), static_cast<std::size_t>(n)).ends_with("\r\n\r\n")) return doom(client);
    Socket* upstream = take_upstream();
    upstream->other = client;
    client->other = upstream;
    if (send(upstream->fd, scratch_.data(), static_cast<std::size_t>(n), MSG_NOSIGNAL) != n) doom_both(client);
  }

  // A batch of up to 64 KiB at a time, until the upstream has no more or the client takes no more.
  void relay_answer(Socket* upstream) {
    for (Socket* client; (client = upstream->other) != nullptr;) {
      if (!flush(client)) return doom_both(client);
      if (!client->pending.empty()) return;
      const ssize_t n = recv(upstream->fd, scratch_.data(), scratch_.size(), 0);
      if (n < 0 && errno == EAGAIN) return;
      if (n <= 0 || !count(upstream, {scratch_.data(), static_cast<std::size_t>(n)})) return doom_both(client);
      const bool finished = upstream->in_body && upstream->remaining == 0;
      if (finished) release(upstream, client);
      if (!send_or_keep(client, {scratch_.data(), static_cast<std::size_t>(n)})) return doom_both(client);
      if (finished && client->has_closed) return doom(client);
      if (finished || static_cast<std::size_t>(n) < scratch_.size()) return;
    }
    if (upstream->has_closed) forget(upstream);
  }

  static bool count(Socket* upstream, string_view bytes) {
    if (!upstream->in_body) {
      const auto end = bytes.find("\r\n\r\n");
      if (end == string_view::npos) return false;
      upstream->in_body = true;
      upstream->remaining = end + 4 + content_length(bytes.substr(0, end));
    }
    if (bytes.size() > upstream->remaining) return false;
    upstream->remaining -= bytes.size();
    return true;
  }

  static bool flush(Socket* client) {
    if (client->pending.empty()) return true;
    const std::string bytes = std::exchange(client->pending, {});
    return send_or_keep(client, bytes);
  }

  static bool send_or_keep(Socket* client, string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = send(client->fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n < 0 && errno == EAGAIN) {
        client->pending.assign(bytes);
        return true;
      }
      if (n < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  Socket* take_upstream() {
    const std::size_t backend = next_++ % backends_.size();
    auto& idle = idle_[backend];
    if (!idle.empty()) {
      Socket* socket = idle.back();
      idle.pop_back();
      return socket;
    }
    auto* socket = new Socket;
    socket->fd = bench::connect_to(backends_[backend]);
    socket->backend = backend;
    bench::watch(epoll_, socket->fd, socket);
    return socket;
  }

  // The client's last bytes may still be pending; its next readiness sends them.
  void release(Socket* upstream, Socket* client) {
    upstream->other = nullptr;
    upstream->in_body = false;
    client->other = nullptr;
    idle_[upstream->backend].push_back(upstream);
  }

  void forget(Socket* upstream) {
    std::erase(idle_[upstream->backend], upstream);
    doom(upstream);
  }

  void doom(Socket* socket) {
    if (std::exchange(socket->doomed, true)) return;
    close(socket->fd);
    doomed_.push_back(socket);
  }

  void doom_both(Socket* client) {
    if (client->other != nullptr) doom(client->other);
    doom(client);
  }

  int listener_;
  int epoll_;
  std::vector<std::uint16_t> backends_;
  std::vector<std::vector<Socket*>> idle_;
  std::size_t next_ = 0;
  std::vector<Socket*> doomed_;
  std::array<char, 65536> scratch_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: bench_raw_relay PORT BACKEND_PORT...\n");
    return 2;
  }
  std::vector<std::uint16_t> backends;
  for (int i = 2; i < argc; ++i) backends.push_back(static_cast<std::uint16_t>(std::atoi(argv[i])));
  Relay(static_cast<std::uint16_t>(std::atoi(argv[1])), std::move(backends)).run();
}
