#include "upstream/request_queue.hpp"

#include <algorithm>

namespace drishti::upstream {

void RequestQueue::wake_first() {
  std::lock_guard lock(mutex_);
  const auto asleep = std::ranges::find_if(places_, [](const Place* place) { return !place->is_awake_; });
  if (asleep == places_.end()) return;
  (*asleep)->is_awake_ = true;
  (*asleep)->wake_();
}

bool RequestQueue::Place::enter() {
  std::lock_guard lock(queue_.mutex_);
  if (queue_.places_.size() >= queue_.length_.load(std::memory_order_relaxed)) return false;
  queue_.places_.push_back(this);
  queue_.waiting_.store(queue_.places_.size(), std::memory_order_seq_cst);
  is_inside_ = true;
  return true;
}

void RequestQueue::Place::rearm() {
  std::lock_guard lock(queue_.mutex_);
  is_awake_ = false;
}

RequestQueue::Place::~Place() {
  if (!is_inside_) return;
  bool passes_on = false;
  {
    std::lock_guard lock(queue_.mutex_);
    queue_.places_.remove(this);
    queue_.waiting_.store(queue_.places_.size(), std::memory_order_seq_cst);
    passes_on = is_awake_;  // it may leave without the peer that it was woken for
  }
  if (passes_on) queue_.wake();
}

}  // namespace drishti::upstream
