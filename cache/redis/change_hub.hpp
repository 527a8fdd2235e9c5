#pragma once
// Brings the news of the invalidation connection to the coroutines of all workers that wait for it. One a zone; any thread.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "cache/cache_key.hpp"
#include "cache/redis/signal.hpp"

namespace drishti::cache::redis {

class ChangeHub {
 public:
  /// Runs a function on the thread of the one who waits (Worker::post).
  using Post = std::function<void(std::function<void()>)>;

  /// Somebody's wish to be told; ends with this object. Made and destroyed on the waiter's thread.
  class Registration {
   public:
    Registration(ChangeHub& hub, const KeyHash& hash, const Post& post, Signal& signal);
    ~Registration();
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;

   private:
    friend class ChangeHub;
    struct Waiter;
    ChangeHub& hub_;
    std::shared_ptr<Waiter> waiter_;
  };

  void changed(const KeyHash& hash);
  void all_changed();
  /// Whether changes are seen at all just now.
  bool is_live() const { return live_.load(std::memory_order_acquire); }
  void set_live(bool live) { live_.store(live, std::memory_order_release); }

 private:
  std::mutex mutex_;
  std::unordered_multimap<std::uint64_t, std::shared_ptr<Registration::Waiter>> waiters_;  ///< by KeyHash::low
  std::atomic<std::size_t> count_{0};
  std::atomic<bool> live_{false};
};

}  // namespace drishti::cache::redis
