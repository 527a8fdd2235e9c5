#pragma once
// Relays an upstream's response body to the client with back-pressure: what the client does not take is not read.

#include <cstdint>
#include <string>

#include "request/upstream_attempt.hpp"

namespace drishti::request {

struct RelayResult {
  enum class End : std::uint8_t { complete, client_left, upstream_failed };
  End end = End::complete;
  bool reusable = false;            ///< the upstream connection stands cleanly behind the response
  std::uint64_t body_bytes = 0;     ///< received from the upstream
  const char* reason = "";          ///< upstream_failed: for the error log
};

/// Sends context.response (already filtered) and the body behind attempt.head().
net::Task<RelayResult> relay_response(WorkerServices& services, context::RequestContext& context, ClientStream& client,
                                      UpstreamAttempt& attempt);

}  // namespace drishti::request
