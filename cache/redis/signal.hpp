#pragma once
// A wait of one coroutine that ends by a deadline or by whoever calls notify(); the waiting coroutine may be destroyed.
// One thread.

#include <coroutine>
#include <utility>

#include "net/reactor.hpp"

namespace drishti::cache::redis {

class Signal {
 public:
  explicit Signal(net::Reactor& reactor) : reactor_(reactor), timer_(*this) {}
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  /// Ends the wait, or the next one when nobody waits now. The waiter runs within this call.
  void notify() {
    notified_ = true;
    resume();
  }

  /// Awaiting it gives whether notify() was called before MOST passed (0: no limit).
  class Wait {
   public:
    Wait(Signal& signal, net::milliseconds most) : signal_(signal), most_(most) {}
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;
    ~Wait() {
      if (suspended_) signal_.forget();
    }
    bool await_ready() const { return signal_.notified_; }
    void await_suspend(std::coroutine_handle<> handle) {
      suspended_ = true;
      signal_.waiter_ = handle;
      if (most_.count() > 0) signal_.reactor_.arm(signal_.timer_, most_);
    }
    bool await_resume() {
      suspended_ = false;
      return std::exchange(signal_.notified_, false);
    }

   private:
    Signal& signal_;
    net::milliseconds most_;
    bool suspended_ = false;
  };
  Wait wait(net::milliseconds most) { return {*this, most}; }

 private:
  struct Timer : net::DeadlineWheel::Timer {
    explicit Timer(Signal& owner)
        : net::DeadlineWheel::Timer([](net::DeadlineWheel::Timer& timer) { static_cast<Timer&>(timer).signal.resume(); }),
          signal(owner) {}
    Signal& signal;
  };
  void forget() {
    waiter_ = {};
    reactor_.disarm(timer_);
  }
  void resume() {
    if (!waiter_) return;
    const auto waiter = std::exchange(waiter_, {});
    reactor_.disarm(timer_);
    waiter.resume();
  }

  net::Reactor& reactor_;
  Timer timer_;
  std::coroutine_handle<> waiter_;
  bool notified_ = false;
};

}  // namespace drishti::cache::redis
