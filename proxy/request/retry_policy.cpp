#include "request/retry_policy.hpp"

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

const char* failure_text(Failure failure) {
  switch (failure) {
    case Failure::none: return "no failure";
    case Failure::connect: return "connect() failed";
    case Failure::connect_timeout: return "upstream timed out while connecting to upstream";
    case Failure::send: return "sending the request to upstream failed";
    case Failure::send_timeout: return "upstream timed out while sending request to upstream";
    case Failure::closed_early: return "upstream prematurely closed connection while reading response header from upstream";
    case Failure::read_timeout: return "upstream timed out while reading response header from upstream";
    case Failure::invalid_header: return "upstream sent invalid header while reading response header from upstream";
    case Failure::local: return "no resources to connect to upstream";
    case Failure::no_live_peer: return "no live upstreams while connecting to upstream";
  }
  return "";
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
