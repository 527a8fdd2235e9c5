#include "request/cached_exchange.hpp"

#include "cache/vary.hpp"
#include "request/background_fetch.hpp"
#include "request/cache_purge.hpp"
#include "request/fill_wait.hpp"

namespace drishti::request {
namespace {

using cache::Fill;
using cache::Forward;
using cache::StaleReason;
using cache::Use;
using http::FieldId;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr int most_turns = 8;  // what one waits for may turn out to be another's, again and again

bool has_request_control(const http::FieldList& fields) {
  return fields.has(FieldId::cache_control) || fields.has(FieldId::pragma);
}

}  // namespace

/// Whoever leads a fetch ends it for all, however it ends.
class CachedExchange::Leadership {
 public:
  Leadership(cache::FetchCoalescer& fetches, const cache::KeyHash& hash, std::shared_ptr<Fill> fill)
      : fetches_(fetches), hash_(hash), fill_(std::move(fill)) {}
  ~Leadership() {
    fetches_.leave(hash_, fill_);
    fill_->end(Fill::State::again);
  }
  Leadership(const Leadership&) = delete;
  Leadership& operator=(const Leadership&) = delete;

 private:
  cache::FetchCoalescer& fetches_;
  const cache::KeyHash hash_;
  std::shared_ptr<Fill> fill_;
};

CachedExchange::CachedExchange(Means means)
    : means_(means),
      context_(means.context),
      settings_(means.context.location->cache),
      query_(means.context),
      answer_(means.context, means.client) {}

// ---- the hit: everything else is behind it ----

net::Task<Outcome> CachedExchange::run() {
  view_ = query_.find_zone(*means_.services.caches);
  if (view_ == nullptr) return run_without_key();
  context_.cache_counters = view_->counted.get();
  if (context_.head.wants_upgrade) return pass({});  // a tunnel is nobody else's
  const bool is_purge = is_purge_request(context_);
  if (is_purge || !query_.is_cacheable_method() || context_.method == http::Method::post) return run_without_key();
  if (query_.has_unkeyed_body()) return pass({});
  if (query_.is_beyond_range_offset() || query_.is_of_one_user()) return pass("BYPASS");
  query_.make_key();
  if (!settings_.bypass->empty() && CacheQuery::any_true(*settings_.bypass, context_)) return run_bypass();
  prepare();
  if (stored_ && decide() == Use::fresh) return answer(stored_, "HIT");
  return run_slowly();
}

void CachedExchange::prepare() {
  if (*settings_.client_control && has_request_control(context_.head.fields))
    request_control_ = cache::request_cache_control(context_.head.fields);
  look_up_memory();
}

/// True when something is stored, fresh or not.
bool CachedExchange::look_up_memory() {
  take(view_->find(query_.hash(), query_.key()));
  return stored_ != nullptr;
}

/// FOUND stands under the primary key; of a Vary marker the request's own variant is looked up.
void CachedExchange::take(cache::StoredResponsePtr found) {
  place_.marker.reset();
  stored_ = std::move(found);
  if (!stored_ || !stored_->is_vary_marker()) return;
  place_.marker = std::move(stored_);
  std::string variant;
  is_storable_request_ = cache::append_variant(place_.marker->vary(), context_.head.fields, variant);
  if (!is_storable_request_) return;
  place_.key = cache::variant_key(query_.key(), place_.marker->token(), variant);
  place_.hash = cache::hash_key(place_.key);
  stored_ = view_->find(place_.hash, place_.key);
}

/// Where the response of a fetch that begins now will stand.
void CachedExchange::choose_place() {
  if (!place_.marker) {
    place_.key = query_.key();
    place_.hash = query_.hash();
  }
  place_.tickets = memory_ticket(place_.hash);
}

Use CachedExchange::decide() const {
  const cache::Freshness* freshness = stored_ ? &stored_->freshness() : nullptr;
  const bool says_nothing = !*settings_.client_control || !has_request_control(context_.head.fields);
  if (says_nothing && freshness != nullptr && freshness->is_fresh(now())) return Use::fresh;
  return cache::decide_use(freshness, request_control_, query_.use_rules(), now());
}

net::Task<Outcome> CachedExchange::answer(cache::StoredResponsePtr response, std::string_view variable,
                                          bool is_collapsed) {
  served_ = std::move(response);
  if (is_collapsed) return answer_.send(served_, now(), collapsed_word(*served_), *view_->zone);
  CacheWord word{variable, {}};
  word.status.ttl = cache::ttl_seconds(served_->freshness(), now());
  if (variable == "REVALIDATED" || variable == "STALE") word.status.forward = Forward::stale;
  if (variable == "REVALIDATED") word.status.forward_status = 304;
  return answer_.send(served_, now(), word, *view_->zone);
}

// ---- what passes the cache by ----

net::Task<Outcome> CachedExchange::pass(std::string_view variable) {
  context_.cache_status = variable;
  return means_.new_exchange(means_.owner).run();
}

net::Task<Outcome> CachedExchange::run_without_key() {
  if (query_.is_zone_unknown()) {
    context_.log_error(conf::LogLevel::error, "the zone that proxy_cache names does not exist");
    co_return Outcome::error(500);
  }
  if (view_ != nullptr && is_purge_request(context_)) co_return co_await purge(means_.services, context_, means_.client, *view_, query_);
  if (view_ != nullptr && query_.is_cacheable_method()) {  // POST: its body may be part of the key
    const int status = co_await means_.body.gather(means_.client, context_);
    if (status != 0) co_return Outcome::error(status);
    query_.make_key();
    if (CacheQuery::any_true(*settings_.bypass, context_)) co_return co_await run_bypass();
    prepare();
    if (stored_ && decide() == Use::fresh) co_return co_await answer(stored_, "HIT");
    co_return co_await run_slowly();
  }
  if (view_ != nullptr && cache::is_unsafe(context_.method)) co_return co_await pass_unsafe();
  co_return co_await pass({});
}

net::Task<Outcome> CachedExchange::run_bypass() {
  context_.cache_status = "BYPASS";
  primary_tickets_ = memory_ticket(query_.hash());
  prepare();
  choose_place();
  stored_.reset();
  co_await take_shared_ticket();
  const auto outcome = co_await fetch(std::make_shared<Fill>(), true);
  co_return outcome.value_or(Outcome::error(500));
}

// ---- the miss ----

bool CachedExchange::may_ask_shared() const { return view_->shared && view_->shared->is_available(); }

net::Task<Outcome> CachedExchange::run_slowly() {
  const auto until = means_.services.clock().now() + *settings_.lock_timeout;
  const auto min_uses = static_cast<unsigned>(*settings_.min_uses);
  const bool is_used_enough = min_uses <= 1 || stored_ || view_->zone->uses().count_use(query_.hash()) >= min_uses;
  for (int turn = 0; turn < most_turns; ++turn) {
    primary_tickets_ = memory_ticket(query_.hash());
    if (turn > 0) look_up_memory();
    if (!is_storable_request_) break;
    choose_place();
    const Use use = decide();
    if (use == Use::fresh) co_return co_await answer(stored_, "HIT", turn > 0);
    if (may_serve_stale()) co_return co_await answer_stale();
    if (use == Use::gateway_timeout && !may_ask_shared()) co_return Outcome::error(504);
    if (!is_used_enough) break;
    if (!*settings_.lock) {
      const auto outcome = co_await lead_or_repeat(std::make_shared<Fill>());
      if (outcome) co_return *outcome;
      continue;
    }
    const auto joined = view_->zone->fetches().join(place_.hash, place_.key, means_.services.clock().now(), *settings_.lock_age);
    OptionalOutcome outcome;
    // Not `?:`: g++ 12 runs the co_await in it whatever the condition says.
    if (joined.leads) outcome = co_await lead_or_repeat(joined.fill);
    else outcome = co_await follow(joined.fill, until);
    if (outcome) co_return *outcome;
    if (!is_storable_request_) break;
  }
  context_.cache_status = stored_ ? "EXPIRED" : "MISS";
  const auto outcome = co_await fetch(std::make_shared<Fill>(), false);
  co_return outcome.value_or(Outcome::error(500));
}

// Another fetch may have ended between the look-up and the beginning of this one.
net::Task<std::optional<Outcome>> CachedExchange::lead_or_repeat(std::shared_ptr<Fill> fill) {
  std::optional<Leadership> leadership(std::in_place, view_->zone->fetches(), place_.hash, fill);
  const cache::StoredResponsePtr again = view_->find(place_.hash, place_.key);
  if (again != stored_ && again) co_return std::nullopt;
  if (may_ask_shared()) {
    auto outcome = co_await ask_shared(*fill);
    if (outcome) co_return outcome;
  }
  if (may_serve_stale()) {  // as the shared layer has it
    leadership.reset();
    shared_lock_.reset();
    const Outcome answered = co_await answer_stale();
    co_return answered;
  }
  context_.cache_status = stored_ ? "EXPIRED" : "MISS";
  co_return co_await fetch(fill, true);
}

net::Task<Outcome> CachedExchange::lead(std::shared_ptr<Fill> fill, cache::KeyHash hash) {
  view_ = query_.find_zone(*means_.services.caches);
  if (view_ == nullptr) {
    fill->end(Fill::State::again);
    co_return Outcome::error(500);
  }
  query_.make_key();
  primary_tickets_ = memory_ticket(query_.hash());
  prepare();
  choose_place();
  request_control_.only_if_cached = false;  // its client has been answered
  const Leadership leadership(view_->zone->fetches(), hash, fill);
  if (may_ask_shared()) {
    const bool is_left = co_await is_update_left(*fill);
    if (!is_left) co_return Outcome::sent();
  }
  context_.cache_status = "EXPIRED";
  const auto outcome = co_await fetch(fill, true);
  co_return outcome.value_or(Outcome::sent());
}

cache::CacheStatus CachedExchange::forward_status() const {
  cache::CacheStatus status;
  if (context_.cache_status == "BYPASS") status.forward = Forward::bypass;
  else if (stored_) status.forward = stored_->freshness().is_fresh(now()) ? Forward::request : Forward::stale;
  else status.forward = place_.marker ? Forward::vary_miss : Forward::uri_miss;
  return status;
}

net::Task<std::optional<Outcome>> CachedExchange::fetch(std::shared_ptr<Fill> fill, bool may_store) {
  if (*settings_.client_control && request_control_.only_if_cached) co_return Outcome::error(504);
  for (bool validates = *settings_.revalidate;; validates = false) {
    FillSession session(means_.services, context_,
                        {*view_, query_, place_, primary_tickets_, stored_, request_control_, fill, may_store, validates,
                         forward_status(), shared_lock_});
    ProxyExchange& exchange = means_.new_exchange(means_.owner);
    exchange.use_cache(session);
    const Outcome outcome = co_await exchange.run();
    const bool asks_again = outcome.kind == Outcome::Kind::stored && !session.answer();
    if (!asks_again) co_return co_await after_fetch(session, exchange, outcome);
    primary_tickets_ = memory_ticket(query_.hash());  // what was stored has just been removed
    place_.tickets = memory_ticket(place_.hash);
    co_await take_shared_ticket();
  }
}

net::Task<std::optional<Outcome>> CachedExchange::after_fetch(FillSession& session, ProxyExchange& exchange,
                                                              Outcome outcome) {
  if (outcome.kind == Outcome::Kind::stored) {
    const std::string_view variable = session.is_revalidated() ? "REVALIDATED" : "STALE";
    const Outcome answered = co_await answer(session.answer(), variable);
    co_return answered;
  }
  if (outcome.kind == Outcome::Kind::error && serves_stale_because(exchange.last_failure())) {
    session.give_up();
    const Outcome answered = co_await answer(stored_, "STALE");
    co_return answered;
  }
  co_return outcome;
}

bool CachedExchange::serves_stale_because(Failure failure) const {
  if (!stored_ || failure == Failure::none || means_.client.head_sent()) return false;
  StaleReason reason = StaleReason::error;
  switch (failure) {
    case Failure::connect_timeout: case Failure::send_timeout: case Failure::read_timeout: reason = StaleReason::timeout; break;
    case Failure::invalid_header: reason = StaleReason::invalid_header; break;
    default: break;
  }
  return cache::may_use_stale(stored_->freshness(), request_control_, query_.use_rules(), reason, now());
}

// ---- stale while another request fetches ----

bool CachedExchange::may_serve_stale() const {
  if (!stored_) return false;
  const Use use = decide();
  return use == Use::stale || use == Use::stale_and_update;
}

net::Task<Outcome> CachedExchange::answer_stale() {
  if (decide() == Use::stale) return answer(stored_, "STALE");
  const auto joined = view_->zone->fetches().join(place_.hash, place_.key, means_.services.clock().now(), *settings_.lock_age);
  // Once FILL stands there a removal takes it away. Was there one before, nobody else gets what it removed.
  const bool is_still_there = view_->zone->memory().ticket(place_.hash).number == place_.tickets.memory.number;
  if (joined.leads && is_still_there && !view_->zone->is_banned(*stored_)) joined.fill->offer_stale(stored_);
  if (joined.leads) fetch_in_background(means_, joined.fill, place_.hash);
  else joined.fill->leave();
  return answer(stored_, joined.leads ? "STALE" : "UPDATING");
}

}  // namespace drishti::request
