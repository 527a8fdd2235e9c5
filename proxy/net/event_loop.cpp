#include "net/event_loop.hpp"

#include <sys/eventfd.h>

#include <cerrno>
#include <system_error>

namespace drishti::net {

EventLoop::EventLoop() {
  const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "eventfd() failed");
  // Edge-triggered, so that the number in it never has to be read.
  bell_.open(reactor_, fd, EPOLLIN | EPOLLET);
  bell_.set_hook([](Channel&, void* self) { static_cast<EventLoop*>(self)->has_mail_ = true; }, this);
}

void EventLoop::run() {
  while (!is_stopping_.load(std::memory_order_relaxed)) {
    reactor_.turn(reactor_.timeout());
    if (has_mail_) run_posted();
  }
}

void EventLoop::stop() {
  is_stopping_.store(true, std::memory_order_relaxed);
  wake();
}

void EventLoop::post(std::function<void()> task) {
  bool is_first;
  {
    const std::lock_guard lock(mutex_);
    is_first = posted_.empty();
    posted_.push_back(std::move(task));
  }
  if (is_first) wake();
}

void EventLoop::wake() { eventfd_write(bell_.fd(), 1); }

void EventLoop::run_posted() {
  has_mail_ = false;
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(posted_);
  }
  // The loop may have slept for long: without a fresh clock a deadline that a task arms would already be over.
  reactor_.clock().update();
  for (const auto& task : tasks) task();
}

}  // namespace drishti::net
