// A request that waits for another's fetch.
#include <algorithm>
#include <utility>

#include "cache/vary.hpp"
#include "request/cached_exchange.hpp"
#include "request/fill_wait.hpp"

namespace drishti::request {

using cache::Fill;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

namespace {

/// Holds on to a fill that join() gave out.
class Following {
 public:
  explicit Following(std::shared_ptr<Fill> fill) : fill_(std::move(fill)) {}
  ~Following() { leave(); }
  Following(const Following&) = delete;
  Following& operator=(const Following&) = delete;
  void leave() {
    if (fill_) std::exchange(fill_, nullptr)->leave();
  }

 private:
  std::shared_ptr<Fill> fill_;
};

Outcome client_left(context::RequestContext& context, ClientStream& client) {
  context.response.status = 499;
  client.abort();
  return Outcome::sent();
}

}  // namespace

/// The leader may have found it in the shared layer, or began long ago, and a client who wants it newer than that has to ask for himself.
bool CachedExchange::is_new_enough(const cache::StoredResponse& response, std::int64_t joined_at) const {
  constexpr std::int64_t not_said = cache::CacheControl::not_said;
  const cache::Freshness& freshness = response.freshness();
  return freshness.response_at >= joined_at || !*settings_.client_control ||
         cache::decide_use(&freshness, request_control_, query_.use_rules(), now()) == cache::Use::fresh ||
         !(request_control_.no_cache || request_control_.max_age != not_said || request_control_.min_fresh != not_said);
}

/// STALE is what a leader may serve. Where memory may not be used, changes are not heard of: it may have been removed.
void CachedExchange::take_offer(const cache::StoredResponsePtr& stale) {
  if (!stored_ && stale && stale->key() == place_.key && view_->uses_memory()) stored_ = stale;
}

bool CachedExchange::may_serve_while_updating() const {
  return stored_ && cache::may_use_stale(stored_->freshness(), request_control_, query_.use_rules(),
                                         cache::StaleReason::updating, now());
}

/// Nothing: the cache has to be asked again.
net::Task<std::optional<Outcome>> CachedExchange::follow(std::shared_ptr<Fill> fill, net::Clock::Steady until) {
  Following following(fill);
  const std::int64_t joined_at = now();
  for (;;) {
    const Fill::Progress progress = fill->progress();
    const bool is_under_way = progress.state == Fill::State::waiting || progress.state == Fill::State::streaming;
    if (is_under_way) take_offer(progress.stale);
    if (is_under_way && may_serve_while_updating()) {
      const Outcome answered = co_await answer(stored_, "UPDATING");
      co_return answered;
    }
    switch (progress.state) {
      case Fill::State::streaming: {
        if (is_new_enough(*fill->beginning()->head, joined_at)) co_return co_await stream_from(fill);
        following.leave();
        co_return co_await fetch_alone(false);  // what began before would replace it in the cache
      }
      case Fill::State::complete: {
        if (progress.whole->key() != place_.key) co_return std::nullopt;  // of another variant
        if (!is_new_enough(*progress.whole, joined_at)) co_return std::nullopt;
        const Outcome answered = co_await answer(progress.whole, "HIT", true);
        co_return answered;
      }
      case Fill::State::outgrown:
      case Fill::State::passed:
      case Fill::State::alone: co_return co_await fetch_alone(true);
      case Fill::State::again:
      case Fill::State::broken: co_return std::nullopt;
      case Fill::State::waiting: break;
    }
    const auto left = duration_cast<milliseconds>(until - means_.services.clock().now());
    switch (co_await FillWait(means_.services, means_.client, *fill, progress.version, left)) {
      case FillWait::Result::changed: break;
      case FillWait::Result::client_left: co_return client_left(context_, means_.client);
      case FillWait::Result::timeout: co_return co_await fetch_alone(false);
    }
  }
}

net::Task<std::optional<Outcome>> CachedExchange::fetch_alone(bool may_store) {
  context_.cache_status = stored_ ? "EXPIRED" : "MISS";
  co_return co_await fetch(std::make_shared<Fill>(), may_store);
}

/// To the client it is a hit; RFC 9211 2.2: its request went to the upstream together with another one.
CacheWord CachedExchange::collapsed_word(const cache::StoredResponse& response) const {
  CacheWord word{"HIT", {}};
  const bool was_stale = stored_ && !stored_->freshness().is_fresh(now());
  word.status.forward = was_stale ? cache::Forward::stale : place_.marker ? cache::Forward::vary_miss : cache::Forward::uri_miss;
  word.status.collapsed = true;
  word.status.ttl = cache::ttl_seconds(response.freshness(), now());
  return word;
}

/// Whether the leader's response is this request's, too.
bool CachedExchange::is_for_me(const Fill::Beginning& beginning) const {
  if (beginning.vary.empty()) return true;
  std::string variant;
  return cache::append_variant(beginning.vary, context_.head.fields, variant) && variant == beginning.variant;
}

net::Task<std::optional<Outcome>> CachedExchange::stream_from(std::shared_ptr<Fill> fill) {
  const Fill::Beginning& beginning = *fill->beginning();
  if (!is_for_me(beginning)) co_return std::nullopt;
  served_ = beginning.head;
  if (auto outcome = answer_.prepare(*served_, beginning.length, now(), collapsed_word(*served_))) co_return *outcome;
  ClientStream& client = means_.client;
  const bool is_empty = answer_.is_head_only() || beginning.length == 0;
  client.begin_response(context_);
  SendStatus status = co_await client.write({}, is_empty);
  if (status == SendStatus::ok && !is_empty) status = co_await relay_body(*fill);
  if (status != SendStatus::ok) client.abort();
  co_return Outcome::sent();
}

/// False: nothing came for too long, or the client left.
net::Task<bool> CachedExchange::await_more(Fill& fill, std::uint64_t version) {
  if (context_.response.coded.holds_back) {
    const SendStatus status = co_await means_.client.write({}, false);
    if (status != SendStatus::ok) co_return false;
  }
  const auto patience = *context_.location->proxy.read_timeout;
  co_return co_await FillWait(means_.services, means_.client, fill, version, patience) == FillWait::Result::changed;
}

/// Sends the body as it arrives. What was read of FILL's state comes before what was read of its blocks: at the end that is
/// all of them.
net::Task<SendStatus> CachedExchange::relay_body(Fill& fill) {
  std::size_t block = 0;
  std::uint64_t sent = 0;
  const std::optional<std::uint64_t> length = fill.beginning()->length;
  std::vector<cache::BodyBlock> blocks;
  for (;;) {
    const Fill::Progress progress = fill.progress();
    const bool is_outgrown = progress.state == Fill::State::outgrown || progress.state == Fill::State::passed;
    if (is_outgrown) co_return co_await relay_overflow(fill, sent);
    blocks.clear();
    block = fill.blocks_from(block, blocks);
    const bool is_whole = progress.state == Fill::State::complete;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const std::string_view piece = *blocks[i];
      sent += piece.size();
      const bool is_last = length ? sent == *length : is_whole && i + 1 == blocks.size();
      const SendStatus status = co_await means_.client.write({&piece, 1}, is_last);
      if (status != SendStatus::ok || is_last) co_return status;
    }
    if (!blocks.empty()) continue;
    if (is_whole && !length) co_return co_await means_.client.write({}, true);
    if (progress.state != Fill::State::streaming) co_return SendStatus::closed;  // it came to nothing
    const bool goes_on = co_await await_more(fill, progress.version);
    if (!goes_on) co_return SendStatus::timeout;
  }
}

/// The rest, behind SENT bytes, of a body that is too large to be kept.
net::Task<SendStatus> CachedExchange::relay_overflow(Fill& fill, std::uint64_t sent) {
  constexpr std::uint64_t most_at_once = 64 << 10;
  std::string text;
  for (;;) {
    const Fill::Progress progress = fill.progress();
    const bool is_whole = progress.state == Fill::State::passed;
    if (sent < progress.overflow_size) {
      text.resize(std::min(progress.overflow_size - sent, most_at_once));
      if (!fill.overflow().read_at(sent, text)) co_return SendStatus::closed;
      sent += text.size();
      const std::string_view piece = text;
      const bool is_last = is_whole && sent == progress.overflow_size;
      const SendStatus status = co_await means_.client.write({&piece, 1}, is_last);
      if (status != SendStatus::ok || is_last) co_return status;
      continue;
    }
    if (is_whole) co_return co_await means_.client.write({}, true);
    if (progress.state != Fill::State::outgrown) co_return SendStatus::closed;
    const bool goes_on = co_await await_more(fill, progress.version);
    if (!goes_on) co_return SendStatus::timeout;
  }
}

}  // namespace drishti::request
