#pragma once
// The loop of a worker's thread: turns of its reactor, and tasks that other threads post.

#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

#include "net/channel.hpp"
#include "net/reactor.hpp"

namespace drishti::net {

class EventLoop {
 public:
  EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  Reactor& reactor() { return reactor_; }

  /// Until stop(). The thread that calls is the loop's.
  void run();
  /// run() returns after the turn and the tasks that are under way. Any thread may call.
  void stop();
  /// Runs TASK on the loop's thread, between two turns, with a fresh clock. Any thread may call. What is posted after the
  /// end of run() is destroyed with the loop, unheard.
  void post(std::function<void()> task);

 private:
  void wake();
  void run_posted();

  Reactor reactor_;
  Channel bell_;  ///< an eventfd
  bool has_mail_ = false;
  std::atomic<bool> is_stopping_{false};
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;
};

}  // namespace drishti::net
