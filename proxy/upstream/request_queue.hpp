#pragma once
// The requests of a group that wait for a free peer (`queue`), of all workers, first come first served.

#include <atomic>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>

namespace drishti::upstream {

/// One for a group in the process. Any thread.
class RequestQueue {
 public:
  class Place;
  /// Room for LENGTH requests.
  void set_length(std::size_t length) { length_.store(length, std::memory_order_relaxed); }
  /// A peer may be free: wakes the first request that is not awake already. Costs a load while nobody waits.
  void wake() {
    if (waiting_.load(std::memory_order_seq_cst) != 0) wake_first();
  }
  std::size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }

 private:
  void wake_first();

  std::mutex mutex_;
  std::list<Place*> places_;
  std::atomic<std::size_t> waiting_{0};
  std::atomic<std::size_t> length_{0};
};

/// A request's place in the queue; leaves it at its end.
class RequestQueue::Place {
 public:
  /// WAKE is called from any thread, with the queue locked: it may only post.
  Place(RequestQueue& queue, std::function<void()> wake) : queue_(queue), wake_(std::move(wake)) {}
  ~Place();
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  /// False when the queue is full.
  bool enter();
  /// From now on a free peer calls WAKE again, once. Look for a peer after it, then wait.
  void rearm();

 private:
  friend class RequestQueue;
  RequestQueue& queue_;
  std::function<void()> wake_;
  bool is_awake_ = false;
  bool is_inside_ = false;
};

}  // namespace drishti::upstream
