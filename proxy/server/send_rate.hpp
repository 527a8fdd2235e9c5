#pragma once
// limit_rate and limit_rate_after of one response.

#include <cstdint>

#include "context/request_context.hpp"
#include "net/clock.hpp"

namespace drishti::server {

class SendRate {
 public:
  void start() { begin_ = {}; }
  static bool is_limited(const context::RequestContext& context) {
    return context.limit_rate || !context.location->core.limit_rate->empty();
  }
  /// Bytes that may go out before the next look at the clock: what is free of the limit and a second's worth.
  static std::uint64_t allowance(context::RequestContext& context);
  /// How long to wait before the next byte.
  net::milliseconds delay(context::RequestContext& context);

 private:
  net::Clock::Steady begin_{};
};

}  // namespace drishti::server
