#include "cache/redis/change_hub.hpp"

namespace drishti::cache::redis {

struct ChangeHub::Registration::Waiter {
  KeyHash hash;
  Post post;
  Signal* signal;  ///< touched on the waiter's thread only; null when the wait is over

  static void wake(const std::shared_ptr<Waiter>& waiter) {
    waiter->post([waiter] {
      if (waiter->signal) waiter->signal->notify();
    });
  }
};

ChangeHub::Registration::Registration(ChangeHub& hub, const KeyHash& hash, const Post& post, Signal& signal)
    : hub_(hub), waiter_(std::make_shared<Waiter>(Waiter{hash, post, &signal})) {
  const std::lock_guard lock(hub_.mutex_);
  hub_.waiters_.emplace(hash.low, waiter_);
  hub_.count_.fetch_add(1);
}

ChangeHub::Registration::~Registration() {
  waiter_->signal = nullptr;
  const std::lock_guard lock(hub_.mutex_);
  const auto [begin, end] = hub_.waiters_.equal_range(waiter_->hash.low);
  for (auto it = begin; it != end; ++it) {
    if (it->second != waiter_) continue;
    hub_.waiters_.erase(it);
    hub_.count_.fetch_sub(1);
    return;
  }
}

void ChangeHub::changed(const KeyHash& hash) {
  if (count_.load() == 0) return;
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = waiters_.equal_range(hash.low);
  for (auto it = begin; it != end; ++it)
    if (it->second->hash == hash) Registration::Waiter::wake(it->second);
}

void ChangeHub::all_changed() {
  if (count_.load() == 0) return;
  const std::lock_guard lock(mutex_);
  for (const auto& [low, waiter] : waiters_) Registration::Waiter::wake(waiter);
}

}  // namespace drishti::cache::redis
