#pragma once
// Suspends a request until a Fill goes on, its time is over, or its client leaves.

#include <memory>

#include "cache/fill.hpp"
#include "request/client_stream.hpp"
#include "request/worker_services.hpp"

namespace drishti::request {

class FillWait : net::DeadlineWheel::Timer {
 public:
  enum class Result : std::uint8_t { changed, timeout, client_left };

  /// VERSION: what was seen of FILL; a change since then ends the wait at once.
  FillWait(WorkerServices& services, ClientStream& client, cache::Fill& fill, std::uint64_t version,
           std::chrono::milliseconds timeout)
      : Timer([](Timer& timer) { static_cast<FillWait&>(timer).end(Result::timeout); }),
        services_(services), client_(client), fill_(fill), version_(version), timeout_(timeout) {}
  ~FillWait() { *self_ = nullptr; }
  FillWait(const FillWait&) = delete;
  FillWait& operator=(const FillWait&) = delete;

  bool await_ready() {
    if (client_.is_gone()) result_ = Result::client_left;
    else if (timeout_.count() <= 0) result_ = Result::timeout;
    else return false;
    return true;
  }
  bool await_suspend(std::coroutine_handle<> handle) {
    waiter_ = handle;
    // The wake comes from the leader's thread and goes through ours; by then this may be gone.
    const bool waits = fill_.wait(version_, [self = self_, post = &services_.post] {
      (*post)([self] {
        if (*self) (*self)->end(Result::changed);
      });
    });
    if (!waits) return false;
    services_.reactor.arm(*this, timeout_);
    client_.watch_for_close([](void* self) { static_cast<FillWait*>(self)->end(Result::client_left); }, this);
    return true;
  }
  Result await_resume() const { return result_; }

 private:
  void end(Result result) {
    *self_ = nullptr;
    services_.reactor.disarm(*this);
    client_.watch_for_close(nullptr, nullptr);
    result_ = result;
    services_.reactor.defer(waiter_);
  }

  WorkerServices& services_;
  ClientStream& client_;
  cache::Fill& fill_;
  std::uint64_t version_;
  std::chrono::milliseconds timeout_;
  Result result_ = Result::changed;
  std::coroutine_handle<> waiter_;
  std::shared_ptr<FillWait*> self_ = std::make_shared<FillWait*>(this);  ///< null once it ended
};

}  // namespace drishti::request
