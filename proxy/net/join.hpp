#pragma once
// Runs a second task beside the awaiting coroutine and waits for its end. One thread.

#include <coroutine>

#include "net/task.hpp"

namespace drishti::net {

class Companion {
 public:
  /// Starts TASK now. The companion outlives it: await join() before it goes.
  explicit Companion(Task<void> task) { start(this, std::move(task)); }
  Companion(const Companion&) = delete;
  Companion& operator=(const Companion&) = delete;

  struct Join {
    Companion& companion;
    bool await_ready() const { return companion.done_; }
    void await_suspend(std::coroutine_handle<> handle) { companion.waiter_ = handle; }
    void await_resume() {}
  };
  Join join() { return {*this}; }

 private:
  static Detached start(Companion* self, Task<void> task) {
    co_await std::move(task);
    self->done_ = true;
    if (self->waiter_) self->waiter_.resume();
  }
  bool done_ = false;
  std::coroutine_handle<> waiter_;
};

}  // namespace drishti::net
