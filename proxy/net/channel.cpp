#include "net/channel.hpp"

#include <unistd.h>

namespace drishti::net {

void Channel::open(Reactor& reactor, int fd, std::uint32_t events) {
  reactor_ = &reactor;
  fd_ = fd;
  readable_ = writable_ = true;  // as far as known: the first try tells
  holds_bytes_ = hangup_ = is_yielding_ = is_hook_due_ = false;
  worked_ = 0;
  is_shared_ = (events & EPOLLEXCLUSIVE) != 0;
  events_ = events;
  reactor.add(*this, events);
}

// Tells at once of room that came since.
void Channel::ask_for_room() {
  events_ |= EPOLLOUT;
  reactor_->modify(*this, events_);
}

void Channel::pause_events() { epoll_ctl(reactor_->epoll_, EPOLL_CTL_DEL, fd_, nullptr); }
void Channel::resume_events() { reactor_->add(*this, events_); }

void Channel::close() {
  if (fd_ < 0) return;
  reactor_->forget(*this);
  if (is_shared_) epoll_ctl(reactor_->epoll_, EPOLL_CTL_DEL, fd_, nullptr);
  ::close(fd_);
  fd_ = -1;
  cancel();
}

void Channel::cancel() {
  wake_reader(Wake::cancelled);
  wake_writer(Wake::cancelled);
}

void Channel::suspend(const Waiter& waiter, std::coroutine_handle<> handle) {
  if (waiter.reading) {
    reader_ = handle;
    read_wake_ = Wake::ready;
  }
  if (waiter.writing) {
    writer_ = handle;
    write_wake_ = Wake::ready;
  }
  if (is_ready(waiter) && !std::exchange(is_yielding_, true)) reactor_->postpone(*this);
  if (waiter.timeout.count() <= 0) return;
  Timer& timer = waiter.reading ? read_timer_ : write_timer_;
  reactor_->arm(timer, waiter.timeout);
}

Wake Channel::take_wake(const Waiter& waiter) {
  if (waiter.reading) {
    if (read_timer_.armed()) reactor_->disarm(read_timer_);
    if (waiter.writing && writer_) writer_ = {};
    Wake wake = std::exchange(read_wake_, Wake::ready);
    return is_open() ? wake : Wake::cancelled;
  }
  if (write_timer_.armed()) reactor_->disarm(write_timer_);
  Wake wake = std::exchange(write_wake_, Wake::ready);
  return is_open() ? wake : Wake::cancelled;
}

void Channel::wake_reader(Wake wake) {
  if (!reader_) return;
  read_wake_ = wake;
  if (writer_ == reader_) writer_ = {};
  reactor_->defer(std::exchange(reader_, {}));
}

void Channel::wake_writer(Wake wake) {
  if (!writer_) return;
  // A coroutine that waits for both is known by its reader slot and takes its wake from there.
  if (writer_ == reader_) return wake_reader(wake);
  write_wake_ = wake;
  reactor_->defer(std::exchange(writer_, {}));
}

// What made the waiters ready may have passed since.
void Channel::go_on() {
  is_yielding_ = false;
  if (writable_) wake_writer(Wake::ready);
  if (maybe_readable()) wake_reader(Wake::ready);
  if (std::exchange(is_hook_due_, false) && hook_) hook_(*this, hook_owner_);
}

void Channel::on_events(std::uint32_t events) {
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) hangup_ = true;
  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) readable_ = true;
  if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) {
    writable_ = true;
    wake_writer(Wake::ready);
  }
  if (!readable_) {
    if (hook_wants_room_ && hook_ && writable_) hook_(*this, hook_owner_);
    return;
  }
  if (reader_) return wake_reader(Wake::ready);
  const std::uint32_t wanted = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR | (hook_wants_room_ ? EPOLLOUT : 0U);
  if (hook_ && (events & wanted)) hook_(*this, hook_owner_);
}

void Channel::read_timer_fired(DeadlineWheel::Timer& timer) {
  static_cast<Timer&>(timer).channel.wake_reader(Wake::timeout);
}

void Channel::write_timer_fired(DeadlineWheel::Timer& timer) {
  static_cast<Timer&>(timer).channel.wake_writer(Wake::timeout);
}

}  // namespace drishti::net
