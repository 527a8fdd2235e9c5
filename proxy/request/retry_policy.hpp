#pragma once
// Whether a failed attempt is repeated on another peer. No I/O; nginx-semantics 3.3.

#include <chrono>
#include <cstdint>
#include <string>

#include "conf/config.hpp"
#include "http/message.hpp"

namespace drishti::request {

/// Why an attempt gave no response that may go to the client.
enum class Failure : std::uint8_t {
  none,
  connect,         ///< refused, unreachable, reset while connecting
  connect_timeout,
  send,            ///< the connection broke while the request was sent
  send_timeout,
  closed_early,    ///< closed or reset before the response head was complete
  read_timeout,
  invalid_header,  ///< not HTTP/1, malformed or too large head, an unasked 101
  refused,         ///< HTTP/2: not processed by the upstream (REFUSED_STREAM, GOAWAY)
  local,           ///< our own fault (no ports, no descriptors): the peer is not blamed
  no_live_peer,
};

/// The status that the client gets when FAILURE ends the request: 504 for timeouts, else 502.
int failure_status(Failure failure);
/// For the error log, in nginx's words, because log readers look for them. ERROR: errno, or 0.
std::string failure_message(Failure failure, int error);

/// What the policy has to know of a request's attempts.
struct RetryState {
  int tries_left = 0;              ///< peers not tried yet, capped by proxy_next_upstream_tries
  http::Method method = http::Method::get;
  bool request_sent = false;       ///< a byte of the request may have reached a peer
  bool body_replayable = true;
  bool response_started = false;   ///< a byte went to the client
  std::chrono::milliseconds elapsed{0};  ///< since the first attempt began
};

/// POST, LOCK and PATCH may not be repeated once a part of them was sent.
bool is_idempotent(http::Method method);

/// After a failed attempt: may another peer be tried?
bool may_retry(const conf::ProxySettings& settings, Failure failure, const RetryState& state);
/// After a response with STATUS: may it be dropped and another peer be tried?
bool may_retry_status(const conf::ProxySettings& settings, int status, const RetryState& state);

}  // namespace drishti::request
