#pragma once
// An upstream server scripted byte by byte: for every request that arrives, a function says what is sent, awaited and
// closed. Everything received is recorded. One thread a connection; all functions may be called from any thread.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/patience.hpp"

namespace drishti::testing {

/// Set once, waited for by any number of threads.
class Event {
 public:
  void set();
  /// False when the deadline passed first.
  bool wait(std::chrono::milliseconds deadline = patience);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_set_ = false;
};

/// One request as received.
struct UpstreamRequest {
  int connection = 0;  ///< counted from 1 in the order of acceptance
  int number = 0;      ///< counted from 1 on its connection
  std::string head;    ///< raw, with the empty line
  std::string body;    ///< raw: chunk framing included
  std::string line() const { return head.substr(0, head.find("\r\n")); }
  std::string path() const;
};

struct Action {
  enum class Kind { send, dribble, wait, read_body, read_more, close, reset, half_close } kind = Kind::send;
  std::string bytes{};
  std::shared_ptr<Event> event{};
  std::chrono::milliseconds gap{0};  ///< dribble: between bytes
  int times = 1;                     ///< send: so often, for what is large and need not be in memory

  static Action send(std::string bytes, int times = 1) { return {Kind::send, std::move(bytes), {}, {}, times}; }
  /// One byte at a time with a pause between.
  static Action dribble(std::string bytes, std::chrono::milliseconds gap) {
    return {Kind::dribble, std::move(bytes), {}, gap};
  }
  static Action wait(std::shared_ptr<Event> event) { return {Kind::wait, {}, std::move(event), {}}; }
  /// AskAt::head: reads the body that belongs to the head.
  static Action read_body() { return {Kind::read_body, {}, {}, {}}; }
  /// Reads (and records) until the proxy closes.
  static Action read_to_close() { return {Kind::read_more, {}, {}, {}}; }
  static Action close() { return {Kind::close, {}, {}, {}}; }
  static Action reset() { return {Kind::reset, {}, {}, {}}; }
  static Action half_close() { return {Kind::half_close, {}, {}, {}}; }
};
using Actions = std::vector<Action>;

class FakeUpstream {
 public:
  using Script = std::function<Actions(const UpstreamRequest&)>;
  /// When the script is asked: after the whole request, or as soon as its head is there (the body is then recorded only
  /// in raw()), or at once after accept (the request is empty).
  enum class AskAt { request, head, accept };

  /// Listens on 127.0.0.1 and a port chosen by the system.
  explicit FakeUpstream(Script script, AskAt ask_at = AskAt::request);
  ~FakeUpstream();
  FakeUpstream(const FakeUpstream&) = delete;
  FakeUpstream& operator=(const FakeUpstream&) = delete;

  std::uint16_t port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  /// From the next request on.
  void set_script(Script script, AskAt ask_at = AskAt::request);
  /// Stops accepting and resets all connections, as a killed process would; the port stays known.
  void kill();
  /// Listens again on the same port.
  void revive();

  // ---- what was received since the start or the last forget() ----
  std::vector<UpstreamRequest> requests() const;
  /// All bytes of all connections, complete requests or not.
  std::string raw() const;
  /// Bytes handed to the kernel, of all connections, since the start.
  std::uint64_t bytes_sent() const { return bytes_sent_; }
  int connections_accepted() const;
  int connections_open() const;
  void forget();
  /// Waits until `holds` is true for this upstream (asked after every event); false when the deadline passed.
  bool wait_until(const std::function<bool()>& holds,
                  std::chrono::milliseconds deadline = patience) const;

 private:
  struct Connection {
    int fd = -1;
    int number = 0;
    bool open = true;
    int requests = 0;
    std::string head;     ///< of the request being answered
    std::string pending;  ///< read, but not part of a request yet
    std::thread thread;
  };
  void listen();
  void accept_loop(int listener);
  void serve(Connection& connection);
  bool read_once(Connection& connection);
  bool read_body(Connection& connection);
  bool ask(Connection& connection, const UpstreamRequest& request, bool record);
  bool send(const Connection& connection, const Action& action);
  bool perform(Connection& connection, const Action& action);
  void end(Connection& connection, bool with_reset);

  mutable std::recursive_mutex mutex_;
  mutable std::condition_variable_any changed_;
  Script script_;
  AskAt ask_at_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::thread acceptor_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> bytes_sent_{0};
  std::list<Connection> connections_;
  std::vector<UpstreamRequest> requests_;
  std::string raw_;
  int accepted_ = 0;
  int numbered_ = 0;
};

/// "HTTP/1.1 200 OK" with Content-Length and this body.
std::string ok_response(std::string_view body, std::string_view more_fields = {});

}  // namespace drishti::testing
