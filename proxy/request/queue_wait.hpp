#pragma once
// Suspends a request in the queue of its group until a peer may be free, its time is over, or its client leaves.

#include <coroutine>
#include <memory>

#include "request/client_stream.hpp"
#include "request/worker_services.hpp"
#include "upstream/request_queue.hpp"

namespace drishti::request {

class QueueWait : net::DeadlineWheel::Timer {
 public:
  using milliseconds = std::chrono::milliseconds;
  enum class Result : std::uint8_t { woken, timeout, client_left };

  QueueWait(WorkerServices& services, ClientStream& client, upstream::RequestQueue& queue)
      : Timer([](Timer& timer) { static_cast<QueueWait&>(timer).end(Result::timeout); }),
        services_(services),
        client_(client),
        place_(queue, [self = self_, post = &services.post] {
          (*post)([self] {  // the request may have ended by then
            if (*self) (*self)->woken();
          });
        }) {}
  ~QueueWait() { *self_ = nullptr; }
  QueueWait(const QueueWait&) = delete;
  QueueWait& operator=(const QueueWait&) = delete;

  /// False when the queue is full.
  bool enter() { return place_.enter(); }
  /// Look for a peer after it, then await until().
  void rearm() {
    is_woken_ = false;
    place_.rearm();
  }

  struct Until {
    QueueWait& wait;
    milliseconds timeout;
    bool await_ready() const { return wait.is_woken_ || wait.client_.is_gone(); }
    void await_suspend(std::coroutine_handle<> handle) { wait.suspend(handle, timeout); }
    Result await_resume() const { return wait.client_.is_gone() ? Result::client_left : wait.result_; }
  };
  /// TIMEOUT: more than 0.
  Until until(milliseconds timeout) { return {*this, timeout}; }

 private:
  void suspend(std::coroutine_handle<> handle, milliseconds timeout) {
    waiter_ = handle;
    services_.reactor.arm(*this, timeout);
    client_.watch_for_close([](void* self) { static_cast<QueueWait*>(self)->end(Result::client_left); }, this);
  }
  void woken() {
    is_woken_ = true;
    end(Result::woken);
  }
  void end(Result result) {
    if (!waiter_) return;
    services_.reactor.disarm(*this);
    client_.watch_for_close(nullptr, nullptr);
    result_ = result;
    services_.reactor.defer(std::exchange(waiter_, {}));
  }

  WorkerServices& services_;
  ClientStream& client_;
  std::shared_ptr<QueueWait*> self_ = std::make_shared<QueueWait*>(this);
  upstream::RequestQueue::Place place_;
  bool is_woken_ = false;
  Result result_ = Result::woken;
  std::coroutine_handle<> waiter_;
};

}  // namespace drishti::request
