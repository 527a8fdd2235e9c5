#include "request/proxy_exchange.hpp"

#include <algorithm>

#include "context/variables.hpp"
#include "filters/sticky_session.hpp"
#include "request/queue_wait.hpp"

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

Outcome ProxyExchange::client_left() {
  if (!context_.attempts.empty() && context_.attempts.back().response_ms < 0) end_attempt();
  if (lease_) report(*lease_, upstream::Outcome::success);
  context_.response.status = 499;
  client_.abort();
  return Outcome::sent();
}

}  // namespace drishti::request
