#pragma once
// Readiness of a thread's sockets, its deadlines and its coroutines: one edge-triggered epoll set, dealt with in turns. Who
// takes the turns is the EventLoop of a worker, or asio (AsioReactor); docs/adr/0001-event-loop.md. One thread.

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

  Reactor();
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  Clock& clock() { return clock_; }

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
  /// Arms a timer of the wheel; outside a turn it asks for one, because a turn's end tells how long to wait.
  void arm(DeadlineWheel::Timer& timer, milliseconds timeout) {
    wheel_.arm(timer, clock_.now() + timeout);
    if (!in_turn_) request_turn();
  }
  void disarm(DeadlineWheel::Timer& timer) { wheel_.disarm(timer); }
  /// Runs ACTION at the end of every turn (log hand-over and the like).
  void at_end_of_turn(std::function<void()> action) { end_of_turn_ = std::move(action); }
  /// Where TLS connections of this worker leave ciphertext on its way; made when the first one asks.
  TlsScratch& tls_scratch() {
    if (!tls_scratch_) make_tls_scratch();
    return *tls_scratch_;
  }
  /// Of the turn that is under way; counts on.
  std::uint32_t turn_number() const { return turn_number_; }

  // ---- for who takes the turns ----
  /// Waits up to TIMEOUT milliseconds (-1: without end) for events, then does what there is to do. How many events.
  int turn(int timeout);
  /// How long the next turn may wait, in milliseconds as turn() takes them.
  int timeout() const { return turn_requested_ ? 0 : timeout_; }
  bool turn_requested() const { return turn_requested_; }
  /// ACTION is called when a turn is asked for outside of one.
  void on_turn_requested(std::function<void()> action) { turn_asked_ = std::move(action); }
  /// Readable when a turn has events. The reactor's own.
  int epoll() const { return epoll_; }

  /// Adds the nanoseconds of every turn to COUNTER: what is left of the wall's time was spent waiting.
  void count_busy_time(metrics::Counter& counter) { busy_ns_ = &counter; }

 private:
  friend class Channel;
  void add(Channel& channel, std::uint32_t events);
  void modify(Channel& channel, std::uint32_t events);
  void forget(Channel& channel);
  int dispatch(int timeout);
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
  void end_turn(Clock::Steady begun);
  void make_tls_scratch();

  int epoll_ = -1;
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
  std::function<void()> turn_asked_;
  std::unique_ptr<TlsScratch> tls_scratch_;
  metrics::Counter* busy_ns_ = nullptr;
  int timeout_ = 0;  ///< as turn() takes it
  bool in_turn_ = false;
  bool turn_requested_ = false;
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
