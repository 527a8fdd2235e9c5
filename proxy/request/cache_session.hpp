#pragma once
// What an exchange with the upstream asks the cache on its way. One exchange; worker thread.

#include <span>
#include <string_view>

#include "filters/proxy_request.hpp"
#include "http/message.hpp"
#include "net/task.hpp"

namespace drishti::request {

class CacheSession {
 public:
  virtual ~CacheSession() = default;
  /// How the request differs from the client's; null: not at all.
  virtual const filters::CacheRequest* changed_request() const { return nullptr; }
  /// The head that will be answered with has come. True: what is stored is the answer instead (a 304 for our own
  /// condition, an error that a stale response stands in for); the exchange ends with Outcome::Kind::stored.
  virtual bool is_answered_by_stored(const http::ResponseHead& head) = 0;
  /// HEAD goes to the client; context.response is filled from it and may be changed.
  virtual void begin(const http::ResponseHead& head) = 0;
  /// After begin(): something has to be true before the client hears of it; settle() waits until it is, not for long.
  virtual bool has_to_settle() const { return false; }
  virtual net::Task<void> settle() { co_return; }
  /// The next pieces of the body. They are cut down to what the client gets of them.
  virtual void take(std::span<std::string_view> pieces) = 0;
  /// After begin(): the body came whole, or not.
  virtual void end(bool is_whole) = 0;
  /// Whether the exchange goes on when its client has left.
  virtual bool goes_on_alone() const = 0;
};

}  // namespace drishti::request
