#include "net/log_queue.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include "net/os_error.hpp"

namespace drishti::net {
namespace {

constexpr std::size_t much = LogQueue::limit / 4;

}  // namespace

LogWaker::LogWaker() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0) throw std::runtime_error("eventfd() failed (" + errno_text(errno) + ")");
}

LogWaker::~LogWaker() { ::close(fd_); }

void LogWaker::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t size = ::write(fd_, &one, sizeof one);
}

void LogWaker::clear() {
  armed_.store(false, std::memory_order_seq_cst);
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t size = ::read(fd_, &count, sizeof count);
}

void LogQueue::submit(std::string_view lines, std::uint32_t count) {
  bool is_filling = false;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() + lines.size() > limit) {
      lost_.fetch_add(count, std::memory_order_relaxed);
      last_error_.store(0, std::memory_order_relaxed);
      return;
    }
    const bool was_low = waiting_.size() < much;
    waiting_.append(lines);
    is_filling = was_low && waiting_.size() >= much;
  }
  if (is_filling) {
    waker_->wake();  // the writer may be pausing
  } else {
    waker_->line_came();
  }
}

void LogQueue::replace(std::unique_ptr<LogTarget> target) {
  {
    const std::lock_guard lock(mutex_);
    next_target_ = std::move(target);
    switch_at_ = waiting_.size();
  }
  waker_->wake();
}

bool LogQueue::is_empty() const {
  const std::lock_guard lock(mutex_);
  return waiting_.empty() && next_target_ == nullptr && !busy_.load(std::memory_order_relaxed);
}

bool LogQueue::is_filling() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size() >= much;
}

LogLoss LogQueue::take_loss() {
  const std::uint64_t lost = lost_lines();
  const std::uint64_t fresh = lost - std::exchange(reported_, lost);
  return {path_, fresh, last_error_.load(std::memory_order_relaxed)};
}

void LogQueue::fetch() {
  const std::lock_guard lock(mutex_);
  writing_.clear();
  written_ = 0;
  std::swap(writing_, waiting_);
  switch_to_ = std::move(next_target_);
  switch_from_ = switch_at_;
  busy_.store(!writing_.empty(), std::memory_order_relaxed);
}

/// A target that is stuck is not waited for when a replacement came: what is left goes to the new one.
void LogQueue::leave_stuck_target() {
  const std::lock_guard lock(mutex_);
  if (next_target_ == nullptr) return;
  target_ = std::move(next_target_);
  next_target_ = nullptr;
}

bool LogQueue::drain() {
  if (written_ < writing_.size()) leave_stuck_target();
  for (int round = 0; round < 4; ++round) {  // bounded, so that a busy file does not keep the others waiting
    if (written_ == writing_.size() && switch_to_ == nullptr) fetch();
    if (writing_.empty() && switch_to_ == nullptr) return false;
    if (!write_out()) return true;
    writing_.clear();
    written_ = 0;
    busy_.store(false, std::memory_order_relaxed);
  }
  return false;
}

/// Writes writing_ to the target, and behind switch_from_ to the new one; false when the target would block.
bool LogQueue::write_out() {
  for (;;) {
    if (switch_to_ != nullptr && written_ >= switch_from_) target_ = std::move(switch_to_);
    if (written_ == writing_.size()) return true;
    const std::size_t end = switch_to_ != nullptr ? switch_from_ : writing_.size();
    const LogWrite result = target_->write(std::string_view(writing_).substr(written_, end - written_));
    written_ += result.taken;
    if (result.error == EAGAIN && switch_to_ == nullptr) return false;
    if (result.error == EAGAIN) {
      switch_from_ = written_;  // the old target is stuck and on its way out: the rest goes to the new one
    } else if (result.error != 0) {
      drop(result.error);
    }
  }
}

/// Gives up what was to go to the current target.
void LogQueue::drop(int error) {
  const std::size_t end = switch_to_ != nullptr ? switch_from_ : writing_.size();
  const auto from = writing_.begin() + static_cast<std::ptrdiff_t>(written_);
  const auto to = writing_.begin() + static_cast<std::ptrdiff_t>(end);
  lost_.fetch_add(static_cast<std::uint64_t>(std::count(from, to, '\n')), std::memory_order_relaxed);
  last_error_.store(error, std::memory_order_relaxed);
  written_ = end;
}

}  // namespace drishti::net
