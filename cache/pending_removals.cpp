#include "cache/pending_removals.hpp"

#include <utility>

namespace drishti::cache {

void PendingRemovals::update() { any_.store(everything_ || !keys_.empty(), std::memory_order_release); }

void PendingRemovals::add(std::string key) {
  const std::lock_guard lock(mutex_);
  if (keys_.size() >= most) everything_ = true;
  else keys_.insert(std::move(key));
  update();
}

bool PendingRemovals::hides(std::string_view key) const {
  if (!any()) return false;
  const std::lock_guard lock(mutex_);
  return everything_ || keys_.contains(std::string(key));
}

PendingRemovals::Work PendingRemovals::take() {
  const std::lock_guard lock(mutex_);
  if (is_taken_ || (!everything_ && keys_.empty())) return {};
  is_taken_ = true;
  return {{keys_.begin(), keys_.end()}, everything_};
}

void PendingRemovals::done(const std::string& key) {
  const std::lock_guard lock(mutex_);
  keys_.erase(key);
  update();
}

void PendingRemovals::everything_done() {
  const std::lock_guard lock(mutex_);
  everything_ = false;
  update();
}

void PendingRemovals::give_back() {
  const std::lock_guard lock(mutex_);
  is_taken_ = false;
}

}  // namespace drishti::cache
