#pragma once
// One pipelined connection to one Redis: many coroutines await their replies in the order of their commands, and what they
// write in one turn of the loop leaves in one send. A reply that misses its deadline ends the connection, so that it can
// never be taken for the reply to somebody else. Reconnects for ever; while there is no greeted connection the breaker is
// open and every call fails at once. One worker's thread.

#include <coroutine>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "cache/redis/address_source.hpp"
#include "cache/redis/redis_metrics.hpp"
#include "cache/redis/reply_reader.hpp"
#include "cache/redis/signal.hpp"
#include "net/error_log.hpp"
#include "net/join.hpp"
#include "net/stream.hpp"
#include "net/tls_client.hpp"

namespace drishti::cache::redis {

struct CallResult {
  ErrorKind failure = ErrorKind::none;  ///< none: there is a reply, which may be an error reply
  Reply reply;
  bool ok() const { return failure == ErrorKind::none; }
};

struct ConnectionOptions {
  std::string user, password;
  unsigned database = 0;
  bool must_be_master = false;               ///< ROLE is asked: a replica is left again
  net::milliseconds timeout{20};             ///< of a command
  net::milliseconds connect_timeout{1000};   ///< of connect() and of each step of the greeting
  std::shared_ptr<const net::TlsClientContext> tls;   ///< null: without TLS
  std::string tls_name;                      ///< "": the node's host
  ReplyLimits limits;
  std::size_t most_waiting = 8192;           ///< commands without a reply yet
  std::size_t most_queued = 8 << 20;         ///< bytes that the socket does not take yet
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// What is done behind the greeting before the connection counts as available; false ends it.
  using Prepare = std::function<net::Task<bool>(Connection&)>;
  /// Sees each reply first; true: it was a message and nobody waits for it.
  using OnMessage = std::function<bool(Reply&)>;

  Connection(net::Reactor& reactor, std::unique_ptr<AddressSource> source, ConnectionOptions options,
             RedisMetrics& metrics, net::ErrorLog& log);

  void start();
  /// Fails all calls and ends for good. Its coroutines end in the next turn of the loop.
  void stop();

  bool is_available() const { return available_; }
  /// Where it is, or was last, connected to.
  const Target& target() const { return target_; }
  void on_prepare(Prepare prepare) { prepare_ = std::move(prepare); }
  void on_message(OnMessage on_message) { on_message_ = std::move(on_message); }
  /// Called with whether the connection is available now.
  void on_change(std::function<void(bool)> on_change) { on_change_ = std::move(on_change); }

  /// One command that waits for its reply. Destroying it while it waits is allowed: the reply is dropped when it comes.
  class Call {
   public:
    Call(Connection& connection, std::string_view command, net::milliseconds allowance, bool is_greeting);
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    ~Call();
    bool await_ready() const { return done_; }
    void await_suspend(std::coroutine_handle<> handle) { waiter_ = handle; }
    CallResult await_resume() { return std::move(result_); }

   private:
    friend class Connection;
    void finish(CallResult result);
    Connection* connection_;
    std::uint64_t number_ = 0;
    bool done_ = false;
    std::coroutine_handle<> waiter_;
    CallResult result_;
  };
  /// COMMAND is copied. ALLOWANCE is added to the deadline: for values that take their time.
  Call call(std::string_view command, net::milliseconds allowance = {}) { return {*this, command, allowance, false}; }
  /// The same for Prepare, while the connection is not available to others yet.
  Call prepare(std::string_view command) { return {*this, command, options_.connect_timeout, true}; }
  /// A command whose reply nobody wants.
  void tell(std::string_view command);
  /// Gives the connection up; it is made anew. WHY goes to the log.
  void end(ErrorKind kind, std::string why);

 private:
  struct Waiting {
    Call* call;   ///< null: nobody waits any more
    net::Clock::Steady since, deadline;
  };
  struct Alarm : net::DeadlineWheel::Timer {
    explicit Alarm(Connection& owner);
    Connection& connection;
  };

  net::Task<void> run(std::shared_ptr<Connection> self);
  net::Task<bool> open();
  net::Task<bool> secure();
  net::Task<void> session();
  net::Task<void> greet();
  net::Task<bool> greeting_is_accepted();
  net::Task<bool> role_is_master();
  net::Task<void> read_replies();
  net::Task<void> write_commands();
  net::Task<net::IoResult> receive();
  net::Task<net::IoResult> send();
  bool take_replies();
  void take(Reply reply);
  bool makes_useless(std::string_view error) const;
  void became_available();
  ErrorKind refusal(std::size_t bytes, bool is_greeting) const;
  void enqueue(Call* call, std::string_view command, net::milliseconds allowance);
  void fail_all(ErrorKind kind);
  void check_deadline();
  net::milliseconds next_pause();
  void wake_writer();
  struct WriterIsIdle;
  void report(std::string why);

  net::Reactor& reactor_;
  std::unique_ptr<AddressSource> source_;
  ConnectionOptions options_;
  RedisMetrics& metrics_;
  net::ErrorLog& log_;
  Prepare prepare_;
  OnMessage on_message_;
  std::function<void(bool)> on_change_;

  Target target_;
  net::Stream stream_;
  std::unique_ptr<net::TlsClient> tls_;
  ReplyReader reader_;
  std::deque<Waiting> waiting_;
  std::uint64_t first_number_ = 0;   ///< of the front of `waiting_`
  std::string out_, sending_;
  std::coroutine_handle<> idle_writer_;
  Signal wake_;
  Alarm alarm_;
  bool greeting_ = false;
  bool available_ = false;
  bool stopped_ = false;
  int attempt_ = 0;
  net::Clock::Steady available_since_{};
  std::string last_report_;
  net::Clock::Steady reported_at_{};
};

}  // namespace drishti::cache::redis
