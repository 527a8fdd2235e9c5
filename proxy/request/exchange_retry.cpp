// What an attempt leads to when its response is not the client's: another peer, or an error.
#include "request/proxy_exchange.hpp"

namespace drishti::request {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

// A kept connection that turns out dead is replaced once by a fresh one to the same peer, without blame (U03, pain 12).
// A request that must not be repeated is repeated only when none of it can have been sent.
bool ProxyExchange::repeats_afresh(Failure failure) {
  if (failure == Failure::none || !attempt_.died_unused(failure)) return false;
  const bool may_repeat = is_idempotent(request_.method) || settings_.next_upstream->non_idempotent;
  const bool is_safe = (may_repeat || !attempt_.request_sent()) && !attempt_.body_consumed();
  if (!is_safe || client_gone()) return false;
  recorder_.retried(metrics::RetryCause::stale_connection);
  allows_kept_ = false;
  return true;
}

RetryState ProxyExchange::retry_state() const {
  RetryState state;
  state.tries_left = tries_left_;
  state.method = request_.method;
  state.request_sent = sent_before_ || attempt_.request_sent();
  state.body_replayable = !attempt_.body_consumed();
  state.response_started = client_.head_sent();
  state.elapsed = duration_cast<milliseconds>(services_.clock().now() - begun_);
  return state;
}

/// What the attempt leads to when its response is not the client's; nothing: the next peer is tried.
std::optional<Outcome> ProxyExchange::after_attempt(Failure failure) {
  if (attempt_.client_status() != 0) {
    end_attempt();
    client_.close_after_response();
    return attempt_.client_status() == 499 ? client_left() : Outcome::error(attempt_.client_status());
  }
  if (failure != Failure::none) {
    if (client_gone()) return client_left();
    if (auto outcome = after_failure(failure)) return outcome;
  }
  begin_attempt();
  return std::nullopt;
}

// A listed status is given up only for a peer that is really there; the last real answer is the client's
// (docs/UPSTREAMS.md: deliberately better than nginx, which makes a 502 of it).
bool ProxyExchange::drops_response() {
  context::Attempt& trace = context_.attempts.back();
  trace.status = attempt_.head().status;
  const auto first_byte = services_.clock().now() - attempt_begun_;
  trace.header_ms = duration_cast<milliseconds>(first_byte).count();
  recorder_.head_came(first_byte);
  int status = attempt_.head().status;
  if (client_gone() || !may_retry_status(settings_, status, retry_state()) || !has_budget()) return false;
  upstream::PeerLease failed = std::move(lease_);
  if (!pick()) {
    lease_ = std::move(failed);
    return false;
  }
  end_attempt();
  bool counted = status != 403 && status != 404;
  report(*failed, counted ? upstream::Outcome::failed : upstream::Outcome::not_counted);
  sent_before_ = true;
  attempt_.end();
  recorder_.retried(retry_cause(status));
  return true;
}

// Servers in trouble must not get a multiple of what clients ask (U15).
bool ProxyExchange::has_budget() {
  upstream::Balancer& balancer = *view_->balancer;
  const auto& settings = view_->group->config().retry_budget;
  if (repeat_.take(balancer.peers().repeats, settings, balancer.active())) return true;
  recorder_.refused_retry();
  return false;
}

// outlier_detection compares peers by what they answer at this location, whether or not it is tried again.
void ProxyExchange::count_for_siblings(const upstream::Peer& peer, upstream::Outcome outcome) {
  health::OutlierTally* tally = peer.state->health.outliers();
  if (tally == nullptr) return;
  const bool is_error = outcome == upstream::Outcome::success && context_.attempts.back().status >= 500;
  tally->count(static_cast<std::size_t>(context_.location->outlier_place),
               outcome == upstream::Outcome::failed || is_error);
}

void ProxyExchange::report(const upstream::Peer& peer, upstream::Outcome outcome) {
  upstream::Balancer& balancer = *view_->balancer;
  count_for_siblings(peer, outcome);
  upstream::report(peer, outcome, balancer.peers().is_single(), services_.steady_seconds(), services_.error_log,
                   context_.connection->id, {});
  if (outcome != upstream::Outcome::failed) return;
  recorder_.peer_failed(peer);
  balancer.note_failure(peer);
  view_->group->ask_for_resolve();
}

std::optional<Outcome> ProxyExchange::after_failure(Failure failure) {
  end_attempt();
  last_failure_ = failure;
  int status = failure_status(failure);
  context_.attempts.back().status = status;
  log_failure(failure);
  report(*lease_, failure == Failure::local ? upstream::Outcome::not_counted : upstream::Outcome::failed);
  RetryState state = retry_state();
  sent_before_ = state.request_sent;
  const bool repeats = may_retry(settings_, failure, state) && has_budget();
  attempt_.end();
  lease_.release();
  if (!repeats) return Outcome::error(status);
  if (!pick()) return give_up(Failure::no_live_peer);
  recorder_.retried(retry_cause(failure));
  return std::nullopt;
}

Outcome ProxyExchange::give_up(Failure failure) {
  last_failure_ = failure;
  if (failure == Failure::no_live_peer) {
    context::Attempt trace;
    trace.address = context_.arena.copy(view_->group->config().name);
    trace.status = 502;
    trace.response_ms = 0;
    context_.attempts.push_back(trace);
    recorder_.found_no_live_peer();
    view_->group->ask_for_resolve();
    context_.log_error(conf::LogLevel::error, failure_message(failure, 0), upstream_url());
  }
  return Outcome::error(failure_status(failure));
}

std::string ProxyExchange::upstream_url() const {
  const bool is_grpc = context_.location->proxy_pass->is_grpc;
  std::string url = is_grpc ? "grpc" : "http";
  url += request_.target ? "s://" : "://";
  url += lease_ ? std::string_view(lease_->address_text) : std::string_view(view_->group->config().name);
  std::string_view line = request_.head;
  line = line.substr(0, line.find("\r\n"));
  auto from = line.find(' ');
  auto to = line.rfind(' ');
  if (from != line.npos && to > from) url += line.substr(from + 1, to - from - 1);
  return url;
}

void ProxyExchange::log_failure(Failure failure) {
  std::string message = failure_message(failure, attempt_.error());
  if (failure == Failure::invalid_header && attempt_.reject() != http::Reject::none) {
    bool is_big = attempt_.reject() == http::Reject::head_too_large || attempt_.reject() == http::Reject::field_too_large;
    if (is_big) message = "upstream sent too big header while reading response header from upstream";
    else message += " (" + std::string(http::reject_text(attempt_.reject())) + ")";
  }
  if (!attempt_.reason().empty()) message = attempt_.reason();
  context_.log_error(failure == Failure::local ? conf::LogLevel::crit : conf::LogLevel::error, message, upstream_url());
}

}  // namespace drishti::request
