#pragma once
// One coroutine that waits until somebody tells it to go on, or for a time. One thread.

#include <coroutine>

#include "net/reactor.hpp"

namespace drishti::upstream {

class WaitPoint {
 public:
  explicit WaitPoint(net::Reactor& reactor) : reactor_(reactor), timer_(*this) {}
  WaitPoint(const WaitPoint&) = delete;
  WaitPoint& operator=(const WaitPoint&) = delete;

  struct Awaiter {
    WaitPoint& point;
    net::milliseconds timeout;  ///< 0 = none
    bool is_ready;
    bool await_ready() const { return is_ready; }
    void await_suspend(std::coroutine_handle<> handle) { point.suspend(handle, timeout); }
    net::Wake await_resume() { return is_ready ? net::Wake::ready : point.result_; }
  };
  /// IS_READY: there is nothing to wait for.
  Awaiter wait(bool is_ready, net::milliseconds timeout) { return {*this, timeout, is_ready}; }
  void wake(net::Wake result = net::Wake::ready) {
    if (!waiter_) return;
    result_ = result;
    reactor_.disarm(timer_);
    reactor_.defer(std::exchange(waiter_, {}));
  }

 private:
  struct Timer : net::DeadlineWheel::Timer {
    explicit Timer(WaitPoint& owner)
        : net::DeadlineWheel::Timer([](net::DeadlineWheel::Timer& timer) {
            static_cast<Timer&>(timer).point.wake(net::Wake::timeout);
          }),
          point(owner) {}
    WaitPoint& point;
  };
  void suspend(std::coroutine_handle<> handle, net::milliseconds timeout) {
    waiter_ = handle;
    if (timeout.count() > 0) reactor_.arm(timer_, timeout);
  }

  net::Reactor& reactor_;
  std::coroutine_handle<> waiter_;
  net::Wake result_ = net::Wake::ready;
  Timer timer_;
};

}  // namespace drishti::upstream
