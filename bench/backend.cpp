// An HTTP/1.1 server with answers made in advance, so that the proxy in front is what is measured.
// Usage: bench_backend PORT. GET /1k, /16k and /1m answer that many bytes, /json 16 KiB of JSON; every other path answers
// 1 KiB.
// One thread, epoll, keep-alive and pipelining; a request may ask for `Connection: close` or be HTTP/1.0.

#include <array>
#include <csignal>
#include <string>
#include <string_view>

#include "sockets.hpp"

namespace {

using std::string_view;

std::string letters(std::size_t length) {
  std::string text;
  for (std::size_t i = 0; i < length; ++i) text += static_cast<char>('a' + i % 26);
  return text;
}

// The same as expected_json() of load.py.
std::string json(std::size_t length) {
  std::string text = "[";
  std::uint32_t number = 1;
  for (int i = 1; text.size() < length; ++i) {
    number = number * 1664525 + 1013904223;
    text += "{\"id\": " + std::to_string(i) + ", \"sku\": \"" + std::to_string(number) + "\", \"name\": \"Garden chair\", \"price\": " +
            std::to_string(number >> 20) + ", \"in_stock\": " + (number % 3 == 0 ? "true" : "false") + "},\n";
  }
  text.resize(length);
  return text;
}

std::string make_answer(const std::string& body, bool keep_alive) {
  std::string answer = "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Type: application/json\r\n";
  answer += "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: ";
  answer += keep_alive ? "keep-alive\r\n\r\n" : "close\r\n\r\n";
  return answer + body;
}

struct Answers {
  explicit Answers(bool keep_alive)
      : small(make_answer(letters(1024), keep_alive)),
        medium(make_answer(letters(16 * 1024), keep_alive)),
        large(make_answer(letters(1024 * 1024), keep_alive)),
        page(make_answer(json(16 * 1024), keep_alive)) {}
  string_view for_path(string_view path) const {
    return path == "/1m" ? large : path == "/16k" ? medium : path == "/json" ? page : small;
  }
  std::string small, medium, large, page;
};

struct Connection {
  int fd;
  std::string received;  // requests that are not answered yet
  string_view unsent;    // the rest of the answer in progress
  bool closing = false;  // close after the answer
};

bool wants_close(string_view head) {
  const bool http10 = head.substr(0, head.find("\r\n")).ends_with("HTTP/1.0");
  if (head.find("onnection: close") != string_view::npos) return true;
  return http10 && head.find("eep-alive") == string_view::npos;
}

string_view path_of(string_view head) {
  const auto start = head.find(' ') + 1;
  return head.substr(start, head.find(' ', start) - start);
}

class Backend {
 public:
  explicit Backend(std::uint16_t port) : listener_(bench::listen_on(port)), epoll_(epoll_create1(0)) {
    bench::watch(epoll_, listener_, nullptr);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int count = epoll_wait(epoll_, events.data(), events.size(), -1);
      for (int i = 0; i < count; ++i) {
        auto* connection = static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
        if (connection == nullptr) accept_all();
        else if (!serve(*connection)) close_and_delete(connection);
      }
    }
  }

 private:
  void accept_all() {
    for (int fd; (fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
      bench::no_delay(fd);
      bench::watch(epoll_, fd, new Connection{fd, {}, {}});
    }
  }

  static void close_and_delete(Connection* connection) {
    close(connection->fd);
    delete connection;
  }

  // False when the connection is to be closed.
  bool serve(Connection& c) {
    if (!flush(c)) return false;
    if (!c.unsent.empty()) return true;
    if (c.closing || !receive(c)) return false;
    return answer_all(c);
  }

  bool answer_all(Connection& c) {
    for (std::size_t end; c.unsent.empty() && (end = c.received.find("\r\n\r\n")) != std::string::npos;) {
      const string_view head = string_view(c.received).substr(0, end);
      c.closing = wants_close(head);
      c.unsent = (c.closing ? closing_ : keeping_).for_path(path_of(head));
      c.received.erase(0, end + 4);
      if (!flush(c)) return false;
      if (c.closing && c.unsent.empty()) return false;
    }
    return true;
  }

  static bool flush(Connection& c) {
    while (!c.unsent.empty()) {
      const ssize_t n = send(c.fd, c.unsent.data(), c.unsent.size(), MSG_NOSIGNAL);
      if (n < 0) return errno == EAGAIN;
      c.unsent.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  bool receive(Connection& c) {
    for (;;) {
      const ssize_t n = recv(c.fd, scratch_.data(), scratch_.size(), 0);
      if (n == 0) return false;
      if (n < 0) return errno == EAGAIN;
      c.received.append(scratch_.data(), static_cast<std::size_t>(n));
      if (static_cast<std::size_t>(n) < scratch_.size()) return true;
    }
  }

  int listener_;
  int epoll_;
  Answers keeping_{true};
  Answers closing_{false};
  std::array<char, 16384> scratch_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bench_backend PORT\n");
    return 2;
  }
  Backend(static_cast<std::uint16_t>(std::atoi(argv[1]))).run();
}
