#include "request/proxy_exchange.hpp"

#include <algorithm>
#include <cassert>

#include "context/variables.hpp"
#include "filters/error_pages.hpp"
#include "filters/response_headers.hpp"
#include "filters/sticky_session.hpp"
#include "http/hop_by_hop.hpp"
#include "request/queue_wait.hpp"
#include "request/upgrade_tunnel.hpp"

namespace drishti::request {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

ProxyExchange::ProxyExchange(WorkerServices& services, DynamicUpstreams& dynamic, context::RequestContext& context,
                             ClientStream& client, Generation& generation, RequestBody& body)
    : services_(services),
      dynamic_(dynamic),
      context_(context),
      client_(client),
      generation_(generation),
      settings_(context.location->proxy),
      body_(body),
      recorder_(services.worker),
      attempt_(services, context, client, recorder_) {}

namespace {

constexpr std::size_t most_hops = 100;

/// Whether the request came through so many proxies that it must be going round in a circle (threat H30).
/// An element takes at least two bytes, so that usual requests cost no more than the lookups.
bool has_looped(const http::FieldList& fields) {
  for (http::FieldId id : {http::FieldId::x_forwarded_for, http::FieldId::via}) {
    const std::string_view hops = fields.get(id);
    if (hops.size() > 2 * most_hops && static_cast<std::size_t>(std::count(hops.begin(), hops.end(), ',')) >= most_hops)
      return true;
  }
  return false;
}

}  // namespace

net::Task<Outcome> ProxyExchange::run() {
  // The head that was received has to live until the log is written; the peer and the connection must not.
  struct Release {
    ProxyExchange& exchange;
    ~Release() {
      exchange.leave_upstream();
      exchange.attempt_.release_connection();
      exchange.lease_.release();
    }
  } release{*this};
  if (has_looped(context_.head.fields)) {
    context_.log_error(conf::LogLevel::error, "request came through more than 100 proxies: a loop");
    co_return Outcome::error(508);
  }
  int wrong = 0;
  if (context_.location->proxy_pass->has_variables) wrong = co_await find_dynamic_group();
  else use_configured_group();
  // What an extended CONNECT sends behind its head is no body: it is for the tunnel, if there will be one (RFC 8441 5).
  const bool has_body = context_.head.body.kind != http::BodyKind::none && !client_.body_done();
  bool needs_body = has_body || body_.was_streamed();
  if (wrong == 0 && needs_body) wrong = co_await take_body();
  if (wrong == 499) co_return client_left();
  if (wrong != 0) {
    if (!client_.body_done()) client_.close_after_response();
    co_return Outcome::error(wrong);
  }
  write_head();
  prepare_pick();
  if (has_to_queue()) {
    const metrics::QueueResult result = co_await wait_in_queue();
    recorder_.left_queue(result, services_.clock().now());
  }
  if (client_gone()) {
    lease_.release();  // no attempt was made of it
    co_return client_left();
  }
  watch_client();
  std::optional<Outcome> outcome = begin();
  while (!outcome) {
    Failure failure = co_await attempt_.run(lease_.peer(), *view_->pool, request_, allows_kept_);
    if (repeats_afresh(failure)) continue;
    if (failure == Failure::none && attempt_.client_status() == 0 && !drops_response()) {
      const Outcome answered = co_await respond();
      outcome = answered;
    } else {
      outcome = after_attempt(failure);
    }
  }
  client_.watch_for_close(nullptr, nullptr);
  if (attempt_.is_sending()) co_await attempt_.stop_sending();
  co_return *outcome;
}

// A client that leaves ends the wait for the upstream (U16).
void ProxyExchange::watch_client() {
  if (*settings_.ignore_client_abort) return;
  client_.watch_for_close(
      [](void* self) {
        auto& exchange = *static_cast<ProxyExchange*>(self);
        if (!exchange.goes_on_alone()) exchange.attempt_.cancel();
      },
      this);
}

void ProxyExchange::use_configured_group() {
  const conf::ProxyPass& proxy_pass = *context_.location->proxy_pass;
  view_ = std::shared_ptr<UpstreamView>(std::shared_ptr<void>(), generation_.view(proxy_pass.upstream.get()));
  context_.proxy_host = proxy_pass.proxy_host;
  context_.proxy_port = proxy_pass.proxy_port;
  if (proxy_pass.uri) uri_ = *proxy_pass.uri;
  if (proxy_pass.is_tls) use_tls();
}

net::Task<int> ProxyExchange::find_dynamic_group() {
  const conf::ProxyPass& proxy_pass = *context_.location->proxy_pass;
  filters::DynamicTarget target = filters::evaluate_proxy_pass(proxy_pass, context_);
  if (!target.ok) co_return 500;
  context_.proxy_host = target.proxy_host;
  context_.proxy_port = context_.arena.copy(std::to_string(target.port));
  uri_ = target.uri;
  if (target.tls) use_tls();
  view_ = co_await dynamic_.find(target, context_.location->core, generation_);
  if (view_) co_return 0;
  context_.log_error(conf::LogLevel::error, std::string(target.host) + " could not be resolved");
  co_return 502;
}

void ProxyExchange::use_tls() {
  const conf::UpstreamTls& tls = *context_.location->proxy_pass->tls;
  tls::ClientTarget& target = request_.target;
  target.context = generation_.snapshot().upstream_tls->of(tls);
  target.name = tls::name_without_port(context::evaluate(*tls.settings.name, context_));
  if (!target.context->has_dynamic_certificate()) return;
  target.certificate = context::evaluate(**tls.settings.certificate, context_);
  target.certificate_key = context::evaluate(**tls.settings.certificate_key, context_);
}

net::Task<int> ProxyExchange::take_body() {
  if (body_.was_streamed()) {  // an earlier upstream got it: what is left alone is not the request's body
    context_.log_error(conf::LogLevel::error, "the request body was streamed to an upstream and can't be sent again");
    co_return 500;
  }
  if (has_to_gather_body()) co_return co_await body_.gather(client_, context_);
  body_.set_streamed();
  request_.stream_body = true;
  co_return 0;
}

/// A body of unknown length has no framing in HTTP/1.0 (RFC 9112 6.1).
bool ProxyExchange::has_to_gather_body() const {
  const bool is_unframed = *settings_.http_version == 10 && context_.head.body.kind == http::BodyKind::chunked;
  return *settings_.request_buffering || !*settings_.pass_request_body || is_unframed;
}

void ProxyExchange::write_head() {
  assert(!request_.stream_body || context_.head.body.kind != http::BodyKind::none);
  filters::UpstreamBody body;
  using Kind = filters::UpstreamBody::Kind;
  if (auto configured = filters::configured_body(context_)) {
    request_.configured_body = *configured;
    request_.stream_body = false;
    body = {Kind::length, configured->size()};
  } else if (!*settings_.pass_request_body) {
    request_.stream_body = false;
  } else if (request_.stream_body) {
    request_.chunked = context_.head.body.kind == http::BodyKind::chunked;
    body = request_.chunked ? filters::UpstreamBody{Kind::chunked, 0}
                            : filters::UpstreamBody{Kind::length, context_.head.body.length};
  } else if (context_.head.body.kind != http::BodyKind::none) {
    request_.body = &body_;
    body = {Kind::length, body_.size()};
    if (context_.head.body.kind == http::BodyKind::chunked) context_.gathered_length = body_.size();
  }
  request_.asks_upgrade = context_.head.wants_upgrade && filters::forwards_upgrade(context_);
  request_.trailers = *settings_.http_version == 20 &&
                      http::any_list_has_token(context_.head.fields, http::FieldId::te, "trailers");
  request_.method = context_.method;
  if (*settings_.method) request_.method = http::method_of(context::evaluate(**settings_.method, context_));
  const filters::CacheRequest* changed = cache_ == nullptr ? nullptr : cache_->changed_request();
  if (changed != nullptr && changed->as_get && !*settings_.method) request_.method = http::Method::get;
  std::string& head = context_.upstream_request;
  filters::write_upstream_head(filters::upstream_target(uri_, context_), body, context_, head, changed);
  request_.head = head;
}

bool ProxyExchange::pick() {
  pick_.now_seconds = services_.steady_seconds();
  pick_.now_ms = duration_cast<milliseconds>(services_.clock().now().time_since_epoch()).count();
  lease_ = view_->balancer->pick(pick_);
  return static_cast<bool>(lease_);
}

void ProxyExchange::begin_attempt() {
  --tries_left_;
  allows_kept_ = !is_for_one_client();
  attempt_begun_ = services_.clock().now();
  context::Attempt trace;
  trace.address = context_.arena.copy(lease_->address_text);  // the peer may be gone before the log is written
  trace.after_redirect = is_first_attempt_ && !context_.attempts.empty();
  is_first_attempt_ = false;
  context_.attempts.push_back(trace);
  recorder_.attempt_begun(*lease_);
}

void ProxyExchange::end_attempt() {
  context_.attempts.back().response_ms =
      duration_cast<milliseconds>(services_.clock().now() - attempt_begun_).count();
  recorder_.attempt_ended(context_.attempts.back());
}

void ProxyExchange::leave_upstream() {
  repeat_.release();
  recorder_.leave(context_.attempts.empty() ? 0 : context_.attempts.back().status, services_.clock().now());
}

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

bool ProxyExchange::client_gone() const {
  return client_.is_gone() && !*settings_.ignore_client_abort && !goes_on_alone();
}

bool ProxyExchange::goes_on_alone() const { return cache_ != nullptr && cache_->goes_on_alone(); }

void ProxyExchange::prepare_pick() {
  request_.group = &view_->group;
  const conf::Upstream& group = view_->group->config();
  if (group.method == conf::BalanceMethod::hash) pick_.hash_key = context::evaluate(group.hash_key, context_);
  if (group.sticky.is_on()) pick_.sticky = filters::sticky_server(group.sticky, context_);
  pick_.client = &context_.remote();
  begun_ = services_.clock().now();
  recorder_.enter(generation_.metrics_of(*view_), begun_);
}

/// Whether all peers that could be chosen are at max_conns, or others wait already (`queue`). Picks the peer otherwise.
bool ProxyExchange::has_to_queue() {
  const upstream::RequestQueue* queue = view_->balancer->queue();
  if (queue == nullptr || (queue->waiting() == 0 && pick())) return false;
  return view_->balancer->has_full_peer(pick_);
}

/// Ends with a lease (`served`), or in vain.
net::Task<metrics::QueueResult> ProxyExchange::wait_in_queue() {
  using metrics::QueueResult;
  constexpr milliseconds look_again{1000};  // peers also come back by time alone
  const auto deadline = begun_ + view_->group->config().queue->timeout;
  QueueWait wait(services_, client_, *view_->balancer->queue());
  if (!wait.enter()) co_return QueueResult::full;
  for (;;) {
    wait.rearm();
    pick_.start_over();
    if (pick()) co_return QueueResult::served;
    if (!view_->balancer->has_full_peer(pick_)) co_return QueueResult::no_live_peer;
    const auto left = std::chrono::ceil<milliseconds>(deadline - services_.clock().now());
    if (left.count() <= 0) co_return QueueResult::timeout;
    const QueueWait::Result result = co_await wait.until(std::min(left, look_again));
    if (result == QueueWait::Result::client_left) co_return QueueResult::client_left;
  }
}

/// Picks the first peer, unless the queue gave one; an outcome when there is none.
std::optional<Outcome> ProxyExchange::begin() {
  if (!lease_ && !pick()) return give_up(Failure::no_live_peer);
  const upstream::PeerSet& peers = view_->balancer->peers();
  tries_left_ = peers.is_single() ? 1 : peers.tries();
  if (int cap = *settings_.next_upstream_tries; cap > 0) tries_left_ = std::min(tries_left_, cap);
  begin_attempt();
  return std::nullopt;
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

Outcome ProxyExchange::client_left() {
  if (!context_.attempts.empty() && context_.attempts.back().response_ms < 0) end_attempt();
  if (lease_) report(*lease_, upstream::Outcome::success);
  context_.response.status = 499;
  client_.abort();
  return Outcome::sent();
}

// The page is only looked for here: it is used, and then counts as used, when the error is answered.
bool ProxyExchange::is_intercepted(int status) {
  if (!*settings_.intercept_errors || status < 300) return false;
  return filters::find_error_page(status, context_).action != filters::ErrorPageResult::Action::builtin;
}

filters::UpstreamAdvice ProxyExchange::take_response_head() {
  const filters::UpstreamAdvice advice = filters::take_upstream_head(attempt_.head(), context_);
  const conf::StickySettings& sticky = view_->group->config().sticky;
  if (sticky.is_on()) filters::add_sticky_cookie(sticky, lease_->sticky_name, pick_.sticky, context_);
  return advice;
}

net::Task<Outcome> ProxyExchange::respond() {
  http::ResponseHead& head = attempt_.head();
  context_.upstream_head = &head;
  report(*lease_, upstream::Outcome::success);
  if (head.status == 101) {
    client_.watch_for_close(nullptr, nullptr);
    take_response_head();
    filters::apply_add_headers(context_);
    leave_upstream();  // a tunnel is no request in service: hours of it would say nothing about load
    co_await run_tunnel(services_, context_, client_, *attempt_.connection());
    end_attempt();
    co_return Outcome::sent();
  }
  if (cache_ != nullptr && cache_->is_answered_by_stored(head)) {
    end_attempt();
    take_away_body();
    co_return Outcome{Outcome::Kind::stored, 0, false, {}};
  }
  if (is_intercepted(head.status)) {
    end_attempt();
    filters::keep_challenge(head, context_);
    co_return Outcome::error(head.status);
  }
  const filters::UpstreamAdvice advice = take_response_head();
  if (advice.redirect) {
    end_attempt();
    if (advice.redirect->starts_with('@'))
      co_return Outcome{Outcome::Kind::named, 0, false, context_.arena.copy(*advice.redirect)};
    if (!filters::take_accel_target(*advice.redirect, context_)) co_return Outcome::error(404);
    co_return Outcome{Outcome::Kind::relocate, 0, false, {}};
  }
  if (advice.limit_rate) context_.limit_rate = advice.limit_rate;
  if (context_.error_status > 0) {  // this answers an error_page, which fixed the status
    context_.response.status = context_.error_status;
    context_.response.reason = {};
  }
  if (cache_ != nullptr) cache_->begin(head);
  if (cache_ != nullptr && cache_->has_to_settle()) co_await cache_->settle();
  filters::apply_add_headers(context_);
  const bool is_buffered = advice.buffering.value_or(*settings_.buffering) || goes_on_alone();
  ResponseRelay relay(services_, context_, client_, attempt_, is_buffered, cache_);
  RelayResult relayed = co_await relay.run();
  if (cache_ != nullptr) cache_->end(relayed.end == RelayResult::End::complete);
  end_attempt();
  context_.attempts.back().response_length = relayed.body_bytes;
  if (relayed.end == RelayResult::End::upstream_failed)
    context_.log_error(conf::LogLevel::error, relayed.reason, upstream_url());
  let_go(relayed);
  if (relay.is_draining()) co_await relay.finish();
  if (relayed.end == RelayResult::End::upstream_failed && !client_.head_sent()) co_return Outcome::error(502);
  co_return Outcome::sent();
}

// A PROXY header speaks for all that comes on its connection.
bool ProxyExchange::is_for_one_client() const { return *settings_.send_proxy_header != conf::SendProxyHeader::off; }

// Nobody wants the body of HEAD's message. Without one the connection stays clean.
void ProxyExchange::take_away_body() {
  const bool is_clean = attempt_.connection() && attempt_.head().body.kind == http::BodyKind::none &&
                        attempt_.head().keep_alive && attempt_.request_complete() && attempt_.connection()->buffer.empty();
  let_go({RelayResult::End::complete, is_clean, 0, ""});
}

// The upstream's part is over, whatever the client still has to get.
void ProxyExchange::let_go(const RelayResult& relayed) {
  upstream::UpstreamConnectionPtr connection = attempt_.release_connection();
  lease_.release();
  leave_upstream();
  if (!relayed.reusable || is_for_one_client()) return;
  view_->pool->give_back(std::move(connection), view_->group->config(),
                         std::chrono::seconds{attempt_.head().keep_alive_timeout_seconds});
}

}  // namespace drishti::request
