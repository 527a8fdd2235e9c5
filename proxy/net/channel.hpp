#pragma once
// One file descriptor in the reactor: what is known of it, and who waits for it. One thread.

#include <sys/epoll.h>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "net/deadline_wheel.hpp"
#include "net/reactor.hpp"

namespace drishti::net {

/// One file descriptor in the reactor. At most one coroutine waits for reading and one for writing.
/// Owned by its Stream or listener; leaves the reactor and closes the descriptor at its end.
class Channel {
 public:
  using Hook = void (*)(Channel&, void* owner);

  Channel() : read_timer_(*this, read_timer_fired), write_timer_(*this, write_timer_fired) {}
  ~Channel() { close(); }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// What sockets are watched for. Room to write is asked for by the first write that finds none: most never do, and an
  /// edge that nobody needs is a turn of the loop for nothing.
  static constexpr std::uint32_t socket_events = EPOLLIN | EPOLLRDHUP | EPOLLET;

  /// Takes FD (non-blocking) into the reactor. Other events than these are for listeners.
  void open(Reactor& reactor, int fd, std::uint32_t events = socket_events);
  /// Wakes waiters with Wake::cancelled (later in this turn), then closes. A descriptor whose file is shared with others
  /// (a listening socket) has to leave the epoll set explicitly: closing it alone would keep its events coming.
  void close();
  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  Reactor& reactor() const { return *reactor_; }

  // What is known about the descriptor. Set by events, cleared by whoever saw EAGAIN or a short read.
  bool maybe_readable() const { return readable_ || holds_bytes_; }
  /// As maybe_readable(), and only of the descriptor itself.
  bool descriptor_maybe_readable() const { return readable_; }
  bool peer_closed() const { return hangup_; }
  void drained() {
    if (!hangup_) readable_ = false;
  }
  void clogged() {
    writable_ = false;
    if ((events_ & EPOLLOUT) == 0) ask_for_room();
  }
  /// The next read tries the descriptor, whatever is known of it.
  void mark_readable() { readable_ = true; }
  /// There is something to read that the descriptor does not tell of: it was taken from it already, and waits above it.
  void hold_bytes(bool are_there) { holds_bytes_ = are_there; }

  /// Called for an event while no coroutine waits to read: a closing client during an upstream's work, bytes on an idle
  /// pooled connection. May close the channel, or destroy it.
  void set_hook(Hook hook, void* owner) {
    hook_ = hook;
    hook_owner_ = owner;
    hook_wants_room_ = false;
  }
  /// The hook is also called when there is room to write again.
  void call_hook_for_room() { hook_wants_room_ = true; }

  // ---- fairness among the connections of a worker ----
  /// An operation on the descriptor moved BYTES.
  void worked(std::size_t bytes) {
    if (std::exchange(worked_in_turn_, reactor_->turn_number_) != reactor_->turn_number_) worked_ = 0;
    worked_ += bytes + cost_of_operation;
  }
  /// So much passed in this turn of the loop that the other connections come first: waits end in the next turn only,
  /// even if the descriptor is ready.
  bool has_had_its_share() const { return worked_ >= share_of_turn && worked_in_turn_ == reactor_->turn_number_; }

  /// The hook is called in the next turn, too, as if there had been an event: for a hook that had its share.
  void call_hook_next_turn() {
    is_hook_due_ = true;
    if (!std::exchange(is_yielding_, true)) reactor_->postpone(*this);
  }

  /// Takes the descriptor out of the epoll set for a while (a level-triggered listener that must not accept).
  void pause_events();
  void resume_events();

  /// Ends a wait from outside with Wake::cancelled.
  void cancel();
  /// The same for whoever waits to read only.
  void cancel_reading() { wake_reader(Wake::cancelled); }
  /// The coroutines that waited were destroyed: nobody is woken.
  void forget_waiters() { reader_ = writer_ = {}; }

  struct Waiter {
    Channel& channel;
    milliseconds timeout;  ///< 0 = none
    bool reading, writing;
    bool await_ready() const noexcept {
      if (!channel.is_open()) return true;
      return channel.is_ready(*this) && !channel.has_had_its_share();
    }
    void await_suspend(std::coroutine_handle<> handle) { channel.suspend(*this, handle); }
    Wake await_resume() { return channel.take_wake(*this); }
  };
  Waiter readable(milliseconds timeout) { return {*this, timeout, true, false}; }
  Waiter writable(milliseconds timeout) { return {*this, timeout, false, true}; }
  /// Whichever comes first.
  Waiter readable_or_writable(milliseconds timeout) { return {*this, timeout, true, true}; }

 private:
  friend class Reactor;
  static constexpr std::size_t share_of_turn = 256 << 10;  ///< bytes; some 100 us of work
  static constexpr std::size_t cost_of_operation = 2 << 10;  ///< bytes that could have passed instead
  bool is_ready(const Waiter& waiter) const { return (waiter.reading && maybe_readable()) || (waiter.writing && writable_); }
  void ask_for_room();
  void suspend(const Waiter& waiter, std::coroutine_handle<> handle);
  void go_on();
  Wake take_wake(const Waiter& waiter);
  void on_events(std::uint32_t events);
  void wake_reader(Wake wake);
  void wake_writer(Wake wake);
  static void read_timer_fired(DeadlineWheel::Timer& timer);
  static void write_timer_fired(DeadlineWheel::Timer& timer);

  Reactor* reactor_ = nullptr;
  int fd_ = -1;
  bool readable_ = false;
  bool holds_bytes_ = false;
  bool writable_ = false;
  bool hangup_ = false;
  bool is_shared_ = false;
  bool hook_wants_room_ = false;
  bool is_yielding_ = false;  ///< waits for the next turn, not for the descriptor
  bool is_hook_due_ = false;
  std::uint32_t events_ = 0;
  std::uint32_t worked_in_turn_ = 0;
  std::size_t worked_ = 0;
  Wake read_wake_ = Wake::ready;
  Wake write_wake_ = Wake::ready;
  std::coroutine_handle<> reader_;
  std::coroutine_handle<> writer_;
  Hook hook_ = nullptr;
  void* hook_owner_ = nullptr;
  struct Timer : DeadlineWheel::Timer {
    Timer(Channel& owner, Callback fire) : DeadlineWheel::Timer(fire), channel(owner) {}
    Channel& channel;
  };
  Timer read_timer_;
  Timer write_timer_;
};

}  // namespace drishti::net
