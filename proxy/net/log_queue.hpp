#pragma once
// The bounded queue between the threads that log and the writer thread, for one target.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "net/log_file.hpp"
#include "net/log_target.hpp"

namespace drishti::net {

/// Wakes the writer thread through an eventfd. Shared by the hub and its queues.
class LogWaker {
 public:
  LogWaker();
  ~LogWaker();
  LogWaker(const LogWaker&) = delete;
  LogWaker& operator=(const LogWaker&) = delete;
  int fd() const { return fd_; }
  /// The writer goes to sleep: the next line has to wake it.
  void arm() { armed_.store(true, std::memory_order_seq_cst); }
  void line_came() {
    if (armed_.load(std::memory_order_seq_cst) && armed_.exchange(false)) wake();
  }
  void wake();
  /// Forgets who woke it. No line does until arm() is called again.
  void clear();

 private:
  int fd_;
  std::atomic<bool> armed_{false};
};

class LogQueue : public LogFile {
 public:
  static constexpr std::size_t limit = 1 << 20;  ///< bytes that wait; the writer holds as much again

  LogQueue(std::string path, std::unique_ptr<LogTarget> target, std::shared_ptr<LogWaker> waker)
      : path_(std::move(path)), target_(std::move(target)), waker_(std::move(waker)) {}

  void submit(std::string_view lines, std::uint32_t count) override;
  std::uint64_t lost_lines() const override { return lost_.load(std::memory_order_relaxed); }
  const std::string& path() const { return path_; }

  /// Control thread: lines submitted from now on go to TARGET, earlier ones to the old one.
  void replace(std::unique_ptr<LogTarget> target);
  /// Whether anything waits to be written. Any thread.
  bool is_empty() const;
  /// Control thread: lines lost since the last call.
  LogLoss take_loss();

  /// Whether so much waits that the writer was woken for it. Any thread.
  bool is_filling() const;
  /// Writer thread: writes what waits; true when the target would block. Lines that come meanwhile may be left.
  bool drain();
  int fd() const { return target_->fd(); }

 private:
  void fetch();
  void leave_stuck_target();
  bool write_out();
  void drop(int error);

  const std::string path_;
  std::unique_ptr<LogTarget> target_;  // writer thread
  std::shared_ptr<LogWaker> waker_;

  mutable std::mutex mutex_;
  std::string waiting_;
  std::unique_ptr<LogTarget> next_target_;
  std::size_t switch_at_ = 0;  // bytes of waiting_ that belong to the old target

  // Writer thread.
  std::string writing_;
  std::size_t written_ = 0;
  std::unique_ptr<LogTarget> switch_to_;
  std::size_t switch_from_ = 0;

  std::atomic<bool> busy_{false};  // writing_ is not empty
  std::atomic<std::uint64_t> lost_{0};
  std::atomic<int> last_error_{0};
  std::uint64_t reported_ = 0;  // control thread
};

}  // namespace drishti::net
