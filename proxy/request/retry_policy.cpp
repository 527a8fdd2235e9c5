#include "request/retry_policy.hpp"

#include <cerrno>
#include <cstring>

namespace drishti::request {
namespace {

bool is_timeout(Failure failure) {
  return failure == Failure::connect_timeout || failure == Failure::send_timeout || failure == Failure::read_timeout;
}

bool is_listed(const conf::NextUpstream& listed, Failure failure) {
  if (listed.off) return false;
  if (is_timeout(failure)) return listed.timeout;
  if (failure == Failure::invalid_header) return listed.invalid_header;
  return listed.error && failure != Failure::no_live_peer;
}

// What holds for every reason (nginx-semantics 3.3).
bool may_repeat(const conf::ProxySettings& settings, const RetryState& state) {
  if (state.response_started || state.tries_left <= 0 || !state.body_replayable) return false;
  if (state.request_sent && !is_idempotent(state.method) && !settings.next_upstream->non_idempotent) return false;
  auto limit = *settings.next_upstream_timeout;
  return limit.count() == 0 || state.elapsed < limit;
}

}  // namespace

int failure_status(Failure failure) { return is_timeout(failure) ? 504 : 502; }

std::string failure_message(Failure failure, int error) {
  constexpr const char* connecting = " while connecting to upstream";
  constexpr const char* sending = " while sending request to upstream";
  constexpr const char* reading = " while reading response header from upstream";
  if (is_timeout(failure)) error = ETIMEDOUT;
  std::string reason = error == 0 ? "" : " (" + std::to_string(error) + ": " + std::strerror(error) + ")";
  switch (failure) {
    case Failure::none: break;
    case Failure::connect: return "connect() failed" + reason + connecting;
    case Failure::connect_timeout: return "upstream timed out" + reason + connecting;
    case Failure::send: return "writev() failed" + reason + sending;
    case Failure::send_timeout: return "upstream timed out" + reason + sending;
    case Failure::closed_early:
      return (error == 0 ? "upstream prematurely closed connection" : "recv() failed" + reason) + reading;
    case Failure::read_timeout: return "upstream timed out" + reason + reading;
    case Failure::invalid_header: return std::string("upstream sent invalid header") + reading;
    case Failure::refused: return std::string("upstream refused the request") + reading;
    case Failure::local: return "no resources to connect to upstream" + reason + connecting;
    case Failure::no_live_peer: return std::string("no live upstreams") + connecting;
  }
  return {};
}

bool is_idempotent(http::Method method) {
  return method != http::Method::post && method != http::Method::lock && method != http::Method::patch;
}

bool may_retry(const conf::ProxySettings& settings, Failure failure, const RetryState& state) {
  return is_listed(*settings.next_upstream, failure) && may_repeat(settings, state);
}

bool may_retry_status(const conf::ProxySettings& settings, int status, const RetryState& state) {
  return !settings.next_upstream->off && settings.next_upstream->lists_status(status) && may_repeat(settings, state);
}

}  // namespace drishti::request
