#include "net/reactor.hpp"

#include <sys/timerfd.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <system_error>

#include "net/tls_session.hpp"

namespace drishti::net {

namespace asio = boost::asio;

struct Reactor::Asio {
  asio::posix::basic_stream_descriptor<asio::io_context::executor_type> epoll;
};

Reactor::Reactor(asio::io_context& io) : wheel_(std::chrono::steady_clock::now()) {
  clock_.update();
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  alarm_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (epoll_ < 0 || alarm_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1() failed");
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, alarm_, &event);
  asio_ = std::make_unique<Asio>(Asio{{io.get_executor(), epoll_}});
  wait();
}

Reactor::~Reactor() { ::close(alarm_); }

void Reactor::wait() {
  asio_->epoll.async_wait(asio::posix::descriptor_base::wait_read, [this](const boost::system::error_code& error) {
    if (error) return;
    turn();
    wait();
  });
}

void Reactor::make_tls_scratch() { tls_scratch_.reset(new TlsScratch); }

int Reactor::dispatch() {
  event_count_ = epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), 0);
  ++turn_number_;
  clock_.update();  // before the handlers, which set deadlines and stamp requests after what may be a long sleep
  for (event_next_ = 0; event_next_ < event_count_;) {
    epoll_event& event = events_[static_cast<std::size_t>(event_next_++)];
    if (event.data.ptr) static_cast<Channel*>(event.data.ptr)->on_events(event.events);
  }
  return event_count_;
}

// A busy loop asks its own set again before it goes back to asio: that saves asio's calls per batch of events.
void Reactor::turn() {
  constexpr int most_rounds = 32;
  constexpr int busy_batch = 4;
  in_turn_ = true;
  Clock::Steady begun;
  for (int round = 0; round < most_rounds; ++round) {
    int events = dispatch();
    if (round == 0) begun = clock_.now();
    go_on_with_postponed();
    run_deferred();
    wheel_.advance(clock_.now());
    run_deferred();
    run_turn_ends();
    if (events < busy_batch) break;
  }
  if (end_of_turn_) end_of_turn_();
  set_alarm();
  add_busy_time(begun);
  in_turn_ = false;
}

// One more look at the clock a turn, however many requests it served.
void Reactor::add_busy_time(Clock::Steady begun) {
  if (!metrics::recording || busy_ns_ == nullptr) return;
  const auto busy = std::chrono::steady_clock::now() - begun;
  busy_ns_->add(static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(busy).count()));
}

void Reactor::request_turn() {
  if (std::exchange(turn_requested_, true)) return;
  asio::post(asio_->epoll.get_executor(), [this] {
    turn_requested_ = false;
    turn();
  });
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

void Reactor::set_alarm() {
  auto next = wheel_.next_wakeup();
  if (!next) return;
  std::int64_t at = std::chrono::duration_cast<std::chrono::nanoseconds>(next->time_since_epoch()).count();
  std::int64_t now = std::chrono::duration_cast<std::chrono::nanoseconds>(clock_.now().time_since_epoch()).count();
  if (alarm_at_ > now && alarm_at_ <= at) return;  // rings early enough; a needless ring costs less than a system call
  itimerspec spec{};
  spec.it_value = {at / 1'000'000'000, at % 1'000'000'000};
  timerfd_settime(alarm_, TFD_TIMER_ABSTIME, &spec, nullptr);
  alarm_at_ = at;
}

void Reactor::add(Channel& channel, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &channel;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, channel.fd(), &event) != 0)
    throw std::system_error(errno, std::generic_category(), "epoll_ctl() failed");
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

void Channel::open(Reactor& reactor, int fd, std::uint32_t events) {
  reactor_ = &reactor;
  fd_ = fd;
  readable_ = writable_ = true;  // as far as known: the first try tells
  hangup_ = is_yielding_ = is_hook_due_ = false;
  worked_ = 0;
  is_shared_ = (events & EPOLLEXCLUSIVE) != 0;
  events_ = events;
  reactor.add(*this, events);
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

int Channel::release() {
  reactor_->forget(*this);
  epoll_ctl(reactor_->epoll_, EPOLL_CTL_DEL, fd_, nullptr);
  return std::exchange(fd_, -1);
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
    if (read_timer_.armed()) reactor_->wheel().disarm(read_timer_);
    if (waiter.writing && writer_) writer_ = {};
    Wake wake = std::exchange(read_wake_, Wake::ready);
    return is_open() ? wake : Wake::cancelled;
  }
  if (write_timer_.armed()) reactor_->wheel().disarm(write_timer_);
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
  if (readable_) wake_reader(Wake::ready);
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

void Sleep::await_suspend(std::coroutine_handle<> handle) {
  timer_.handle = handle;
  reactor_.arm(timer_, duration_);
}

void Sleep::fired(DeadlineWheel::Timer& timer) { static_cast<Timer&>(timer).handle.resume(); }

}  // namespace drishti::net
