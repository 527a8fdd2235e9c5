#include "net/log_file.hpp"

#include <poll.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <stdexcept>
#include <thread>

#include "net/log_queue.hpp"

namespace drishti::net {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds shortest_pause{2}, longest_pause{50};
constexpr std::chrono::seconds exit_patience{1};

/// Starts a thread that no signal is delivered to.
template <class Function>
std::thread thread_without_signals(Function function) {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::move(function));
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace

struct LogHub::Impl {
  /// A queue, and whether anybody still holds what open() gave out for it.
  struct Entry {
    std::shared_ptr<LogQueue> queue;
    std::weak_ptr<LogFile> handle;
  };
  using Queues = std::vector<std::shared_ptr<LogQueue>>;

  Impl() : waker(std::make_shared<LogWaker>()), writer(thread_without_signals([this] { write_until_stopped(); })) {}
  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      deadline = Clock::now() + exit_patience;
      stopping.store(true);
    }
    waker->wake();
    writer.join();
  }

  void write_until_stopped();
  bool drain_all(std::vector<pollfd>& blocked);
  void wait(std::vector<pollfd>& events);
  void let_lines_gather(std::vector<pollfd>& events, Clock::duration waited);
  bool is_any_filling();
  bool patience_is_over();
  void publish();

  std::shared_ptr<LogWaker> waker;
  std::map<std::string, Entry> entries;  // control thread
  std::uint64_t lost_by_closed = 0;      // control thread

  std::mutex mutex;
  Queues shared;  // what the writer is to serve; guarded by mutex
  Clock::time_point deadline;
  std::atomic<bool> stopping{false};
  std::chrono::milliseconds pause = shortest_pause;  // writer thread
  std::thread writer;
};

void LogHub::Impl::publish() {
  Queues queues;
  for (const auto& [path, entry] : entries) queues.push_back(entry.queue);
  const std::lock_guard lock(mutex);
  shared.swap(queues);
}

/// One round over all queues; fills BLOCKED with the targets that have to become writable first.
bool LogHub::Impl::drain_all(std::vector<pollfd>& blocked) {
  Queues queues;
  {
    const std::lock_guard lock(mutex);
    queues = shared;
  }
  blocked.clear();
  for (const auto& queue : queues) {
    if (queue->drain()) blocked.push_back({queue->fd(), POLLOUT, 0});
  }
  return blocked.empty();
}

/// Sleeps until a line comes, a blocked target is writable again, or (while stopping) patience ends.
void LogHub::Impl::wait(std::vector<pollfd>& events) {
  ::poll(events.data(), events.size(), stopping.load() ? 20 : -1);
  waker->clear();
}

bool LogHub::Impl::is_any_filling() {
  const std::lock_guard lock(mutex);
  return std::any_of(shared.begin(), shared.end(), [](const auto& queue) { return queue->is_filling(); });
}

/// A line of a quiet server is written soon. While more of them keep coming each round waits longer, so that a write
/// carries many and a busy worker is seldom interrupted by this thread. A pipe, which takes little at a time, and a queue
/// that fills up are not kept waiting.
void LogHub::Impl::let_lines_gather(std::vector<pollfd>& events, Clock::duration waited) {
  pause = waited < longest_pause ? std::min(2 * pause, longest_pause) : shortest_pause;
  if (stopping.load() || is_any_filling()) return;
  ::poll(events.data(), events.size(), static_cast<int>(pause.count()));
}

bool LogHub::Impl::patience_is_over() {
  const std::lock_guard lock(mutex);
  return Clock::now() >= deadline;
}

void LogHub::Impl::write_until_stopped() {
  std::vector<pollfd> events;
  for (;;) {
    const bool was_stopping = stopping.load();
    waker->arm();
    const bool all_written = drain_all(events);
    if (was_stopping && (all_written || patience_is_over())) return;
    events.push_back({waker->fd(), POLLIN, 0});
    const auto begun = Clock::now();
    wait(events);
    let_lines_gather(events, Clock::now() - begun);
  }
}

LogHub::LogHub() : impl_(std::make_unique<Impl>()) {}
LogHub::~LogHub() = default;

std::shared_ptr<LogFile> LogHub::open(const std::string& path) {
  Impl::Entry& entry = impl_->entries[path];
  if (auto handle = entry.handle.lock()) return handle;
  if (entry.queue == nullptr) {
    try {
      entry.queue = std::make_shared<LogQueue>(path, open_log_target(path), impl_->waker);
    } catch (...) {
      impl_->entries.erase(path);
      throw;
    }
    impl_->publish();
  }
  const auto holder = std::make_shared<std::shared_ptr<LogQueue>>(entry.queue);
  const std::shared_ptr<LogFile> handle(holder, entry.queue.get());
  entry.handle = handle;
  return handle;
}

std::vector<std::string> LogHub::reopen() {
  collect();
  std::vector<std::string> errors;
  for (auto& [path, entry] : impl_->entries) {
    try {
      entry.queue->replace(open_log_target(path));
    } catch (const std::runtime_error& error) {
      errors.emplace_back(error.what());
    }
  }
  return errors;
}

void LogHub::collect() {
  std::erase_if(impl_->entries, [this](const auto& item) {
    const auto& [path, entry] = item;
    if (!entry.handle.expired() || !entry.queue->is_empty()) return false;
    impl_->lost_by_closed += entry.queue->lost_lines();
    return true;
  });
  impl_->publish();
}

std::uint64_t LogHub::lost_lines() const {
  std::uint64_t lost = impl_->lost_by_closed;
  for (const auto& [path, entry] : impl_->entries) lost += entry.queue->lost_lines();
  return lost;
}

std::vector<LogLoss> LogHub::take_losses() {
  std::vector<LogLoss> losses;
  for (auto& [path, entry] : impl_->entries) {
    LogLoss loss = entry.queue->take_loss();
    if (loss.lines != 0) losses.push_back(std::move(loss));
  }
  return losses;
}

LogBuffer::LogBuffer(std::shared_ptr<LogFile> file, std::size_t limit) : file_(std::move(file)), limit_(limit) {
  text_.reserve(limit_ + 1024);
}

void LogBuffer::flush() {
  if (lines_ == 0) return;
  file_->submit(text_, lines_);
  text_.clear();
  lines_ = 0;
}

}  // namespace drishti::net
