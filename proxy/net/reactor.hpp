#pragma once
// Readiness of the worker's sockets: one edge-triggered epoll set, registered once a socket and never modified, under the
// worker's asio::io_context (docs/adr/0001-event-loop.md says why not asio's sockets). One thread.

#include <sys/epoll.h>

#include <array>
#include <chrono>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "metrics/counter.hpp"
#include "net/clock.hpp"
#include "net/deadline_wheel.hpp"

namespace boost::asio {
class io_context;
}

namespace drishti::net {

class Channel;
class TlsScratch;

/// How a wait ended.
enum class Wake : std::uint8_t { ready, timeout, cancelled };

class Reactor {
 public:
  /// Something to do once at the end of a turn, when its events were dealt with, such as a connection's one write.
  class TurnEnd {
   public:
    TurnEnd(Reactor& reactor, void (*action)(void*), void* owner) : reactor_(reactor), action_(action), owner_(owner) {}
    TurnEnd(const TurnEnd&) = delete;
    TurnEnd& operator=(const TurnEnd&) = delete;
    ~TurnEnd() {
      if (is_asked_) reactor_.forget(*this);
    }
    void ask() {
      if (!std::exchange(is_asked_, true)) reactor_.remember(*this);
    }

   private:
    friend class Reactor;
    Reactor& reactor_;
    void (*action_)(void*);
    void* owner_;
    bool is_asked_ = false;
  };

  explicit Reactor(boost::asio::io_context& io);
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  Clock& clock() { return clock_; }
  DeadlineWheel& wheel() { return wheel_; }

  /// Resumes HANDLE later in this turn of the loop, or in a turn of its own when none is under way.
  void defer(std::coroutine_handle<> handle) {
    deferred_.push_back(handle);
    if (!in_turn_) request_turn();
  }
  struct NextTurn {
    Reactor& reactor;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) { reactor.postpone(handle); }
    void await_resume() const noexcept {}
  };
  /// Awaited: goes on in the next turn, behind the events of it. For who has had its share of this one
  /// (Channel::has_had_its_share) and does not wait for the descriptor itself.
  NextTurn next_turn() { return {*this}; }
  /// Arms a timer of the wheel; outside a turn it asks for one, because a turn's end sets the alarm.
  void arm(DeadlineWheel::Timer& timer, milliseconds timeout) {
    wheel_.arm(timer, clock_.now() + timeout);
    if (!in_turn_) request_turn();
  }
  /// Runs ACTION at the end of every turn (log hand-over and the like).
  void at_end_of_turn(std::function<void()> action) { end_of_turn_ = std::move(action); }
  /// Where TLS connections of this worker leave ciphertext on its way; made when the first one asks.
  TlsScratch& tls_scratch() {
    if (!tls_scratch_) make_tls_scratch();
    return *tls_scratch_;
  }
  /// Adds the nanoseconds of every turn to COUNTER: what is left of the wall's time was spent waiting.
  void count_busy_time(metrics::Counter& counter) { busy_ns_ = &counter; }

 private:
  friend class Channel;
  struct Asio;
  void add(Channel& channel, std::uint32_t events);
  void forget(Channel& channel);
  void wait();
  void turn();
  int dispatch();
  void run_deferred();
  void postpone(std::coroutine_handle<> handle) {
    postponed_.push_back(handle);
    request_turn();
  }
  void postpone(Channel& channel) {
    yielding_.push_back(&channel);
    request_turn();
  }
  void go_on_with_postponed();
  void remember(TurnEnd& end) {
    turn_ends_.push_back(&end);
    if (!in_turn_) request_turn();
  }
  void forget(TurnEnd& end);
  void run_turn_ends();
  void request_turn();
  void set_alarm();
  void add_busy_time(Clock::Steady begun);
  void make_tls_scratch();

  std::unique_ptr<Asio> asio_;
  int epoll_ = -1;
  int alarm_ = -1;  ///< timerfd: wakes the loop for the wheel
  std::int64_t alarm_at_ = 0;  ///< steady ns it is set to; 0 = not set
  Clock clock_;
  DeadlineWheel wheel_;
  std::array<epoll_event, 256> events_;
  int event_count_ = 0;
  int event_next_ = 0;
  std::uint32_t turn_number_ = 1;
  std::vector<std::coroutine_handle<>> deferred_;
  std::vector<std::coroutine_handle<>> postponed_;
  std::vector<Channel*> yielding_;
  std::vector<TurnEnd*> turn_ends_;
  std::function<void()> end_of_turn_;
  std::unique_ptr<TlsScratch> tls_scratch_;
  metrics::Counter* busy_ns_ = nullptr;
  bool in_turn_ = false;
  bool turn_requested_ = false;
};

/// One file descriptor in the reactor. At most one coroutine waits for reading and one for writing.
/// Owned by its Stream or listener; leaves the reactor and closes the descriptor at its end.
class Channel {
 public:
  using Hook = void (*)(Channel&, void* owner);

  Channel() : read_timer_(*this, read_timer_fired), write_timer_(*this, write_timer_fired) {}
  ~Channel() { close(); }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// Takes FD (non-blocking) into the reactor. `events` beyond edge-triggered reading and writing are for listeners.
  void open(Reactor& reactor, int fd, std::uint32_t events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
  /// Wakes waiters with Wake::cancelled (later in this turn), then closes. A descriptor whose file is shared with others
  /// (a listening socket) has to leave the epoll set explicitly: closing it alone would keep its events coming.
  void close();
  /// Leaves the reactor and gives the descriptor away. Nobody may be waiting.
  int release();
  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  Reactor& reactor() const { return *reactor_; }

  // What is known about the descriptor. Set by events, cleared by whoever saw EAGAIN or a short read.
  bool maybe_readable() const { return readable_; }
  bool peer_closed() const { return hangup_; }
  void drained() {
    if (!hangup_) readable_ = false;
  }
  void clogged() { writable_ = false; }
  /// There is something to read that the descriptor does not tell of: it was taken from it already.
  void mark_readable() { readable_ = true; }

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
  bool is_ready(const Waiter& waiter) const { return (waiter.reading && readable_) || (waiter.writing && writable_); }
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

/// Suspends the awaiting coroutine for DURATION.
class Sleep {
 public:
  Sleep(Reactor& reactor, milliseconds duration) : reactor_(reactor), duration_(duration), timer_(fired) {}
  bool await_ready() const noexcept { return duration_.count() <= 0; }
  void await_suspend(std::coroutine_handle<> handle);
  void await_resume() {}

 private:
  struct Timer : DeadlineWheel::Timer {
    using DeadlineWheel::Timer::Timer;
    std::coroutine_handle<> handle;
  };
  static void fired(DeadlineWheel::Timer& timer);
  Reactor& reactor_;
  milliseconds duration_;
  Timer timer_;
};

}  // namespace drishti::net
