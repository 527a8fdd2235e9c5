#pragma once
// The control thread's loop: turns signals into what the program does. Main thread.

#include <functional>
#include <memory>

#include "net/error_log.hpp"

namespace boost::asio {
class io_context;
}

namespace drishti::server {

/// What the loop asks for. No function throws; all are called on the control thread.
class Lifecycle {
 public:
  virtual ~Lifecycle() = default;
  /// HUP.
  virtual void reload() = 0;
  /// USR1.
  virtual void reopen_logs() = 0;
  /// QUIT: begins to stop; `done` is to be called on the control thread when the last request ended.
  virtual void stop_gracefully(std::function<void()> done) = 0;
  /// About once a second.
  virtual void tick() = 0;
};

class ControlLoop {
 public:
  /// Blocks the signals that it handles in this thread and in those started later: construct it before any other
  /// thread. SIGPIPE is ignored.
  ControlLoop(boost::asio::io_context& io, Lifecycle& lifecycle, net::ErrorLog& log);
  ~ControlLoop();

  /// Returns when the program is to end: at once after TERM or INT, after QUIT when all requests ended. Signals that
  /// come while one is handled wait; several of a kind count once.
  void run();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace drishti::server
