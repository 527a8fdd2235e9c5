#include "net/reactor.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "net/channel.hpp"
#include "net/tls_session.hpp"

namespace drishti::net {

Reactor::Reactor() : wheel_(std::chrono::steady_clock::now()) {
  clock_.update();
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1() failed");
}

Reactor::~Reactor() { ::close(epoll_); }

void Reactor::make_tls_scratch() { tls_scratch_.reset(new TlsScratch); }

int Reactor::dispatch(int timeout) {
  event_count_ = epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), timeout);
  ++turn_number_;
  clock_.update();  // before the handlers, which set deadlines and stamp requests after what may be a long sleep
  for (event_next_ = 0; event_next_ < event_count_;) {
    epoll_event& event = events_[static_cast<std::size_t>(event_next_++)];
    if (event.data.ptr) static_cast<Channel*>(event.data.ptr)->on_events(event.events);
  }
  return event_count_;
}

int Reactor::turn(int timeout) {
  in_turn_ = true;
  turn_requested_ = false;
  const int events = dispatch(timeout);
  const Clock::Steady begun = clock_.now();
  go_on_with_postponed();
  run_deferred();
  wheel_.advance(clock_.now());
  run_deferred();
  run_turn_ends();
  if (end_of_turn_) end_of_turn_();
  end_turn(begun);
  in_turn_ = false;
  return events;
}

// One more look at the clock a turn, however many requests it served.
void Reactor::end_turn(Clock::Steady begun) {
  const Clock::Steady now = std::chrono::steady_clock::now();
  if (metrics::recording && busy_ns_ != nullptr)
    busy_ns_->add(static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now - begun).count()));
  const auto next = wheel_.next_wakeup();
  timeout_ = !next ? -1 : static_cast<int>(std::max<std::int64_t>(0, std::chrono::ceil<milliseconds>(*next - now).count()));
}

void Reactor::request_turn() {
  if (std::exchange(turn_requested_, true)) return;
  if (!in_turn_ && turn_asked_) turn_asked_();
}

// Behind the events, which are those of the other connections. Hooks may close channels, and have more to do.
void Reactor::go_on_with_postponed() {
  const std::size_t count = yielding_.size();
  for (std::size_t i = 0; i < count; ++i)
    if (Channel* channel = std::exchange(yielding_[i], nullptr)) channel->go_on();
  yielding_.erase(yielding_.begin(), yielding_.begin() + static_cast<std::ptrdiff_t>(count));
  deferred_.insert(deferred_.end(), postponed_.begin(), postponed_.end());
  postponed_.clear();
}

void Reactor::run_deferred() {
  // Resumed coroutines may defer more; they are run in this turn, too.
  for (std::size_t i = 0; i < deferred_.size(); ++i) deferred_[i].resume();
  deferred_.clear();
}

void Reactor::forget(TurnEnd& end) { std::replace(turn_ends_.begin(), turn_ends_.end(), &end, static_cast<TurnEnd*>(nullptr)); }

// What they wake up may ask again: once more in this turn, then the events have their chance.
void Reactor::run_turn_ends() {
  for (int round = 0; round < 2 && !turn_ends_.empty(); ++round) {
    const std::size_t count = turn_ends_.size();
    for (std::size_t i = 0; i < count; ++i) {
      TurnEnd* end = turn_ends_[i];
      if (end == nullptr) continue;
      end->is_asked_ = false;
      turn_ends_[i] = nullptr;
      end->action_(end->owner_);
    }
    turn_ends_.erase(turn_ends_.begin(), turn_ends_.begin() + static_cast<std::ptrdiff_t>(count));
    run_deferred();
  }
  if (!turn_ends_.empty()) request_turn();
}

void Reactor::add(Channel& channel, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &channel;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, channel.fd(), &event) != 0)
    throw std::system_error(errno, std::generic_category(), "epoll_ctl() failed");
}

void Reactor::modify(Channel& channel, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &channel;
  epoll_ctl(epoll_, EPOLL_CTL_MOD, channel.fd(), &event);
}

// Events of this batch may still name the channel.
void Reactor::forget(Channel& channel) {
  for (int i = event_next_; i < event_count_; ++i) {
    epoll_event& event = events_[static_cast<std::size_t>(i)];
    if (event.data.ptr == &channel) event.data.ptr = nullptr;
  }
  if (!std::exchange(channel.is_yielding_, false)) return;
  std::replace(yielding_.begin(), yielding_.end(), &channel, static_cast<Channel*>(nullptr));
}

void Sleep::await_suspend(std::coroutine_handle<> handle) {
  timer_.handle = handle;
  reactor_.arm(timer_, duration_);
}

void Sleep::fired(DeadlineWheel::Timer& timer) { static_cast<Timer&>(timer).handle.resume(); }

}  // namespace drishti::net
