// A request that waits for another's fetch.
#include "cache/vary.hpp"
#include "request/cached_exchange.hpp"
#include "request/fill_wait.hpp"

namespace drishti::request {

using cache::Fill;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

namespace {

/// Holds on to a fill that join() gave out.
struct Following {
  std::shared_ptr<Fill> fill;
  ~Following() { fill->leave(); }
};

Outcome client_left(context::RequestContext& context, ClientStream& client) {
  context.response.status = 499;
  client.abort();
  return Outcome::sent();
}

}  // namespace

/// Nothing: the cache has to be asked again.
net::Task<std::optional<Outcome>> CachedExchange::follow(std::shared_ptr<Fill> fill, net::Clock::Steady until) {
  const Following following{fill};
  const bool may_serve_stale = stored_ && cache::may_use_stale(stored_->freshness(), request_control_, query_.use_rules(),
                                                               cache::StaleReason::updating, now());
  if (may_serve_stale) {
    const Outcome answered = co_await answer(stored_, "UPDATING");
    co_return answered;
  }
  for (;;) {
    const Fill::Progress progress = fill->progress();
    switch (progress.state) {
      case Fill::State::streaming: co_return co_await stream_from(fill);
      case Fill::State::complete: {
        if (progress.whole->key() != place_.key) co_return std::nullopt;  // of another variant
        const Outcome answered = co_await answer(progress.whole, "HIT", true);
        co_return answered;
      }
      case Fill::State::alone: {
        context_.cache_status = stored_ ? "EXPIRED" : "MISS";
        co_return co_await fetch(std::make_shared<Fill>(), true);
      }
      case Fill::State::again:
      case Fill::State::broken: co_return std::nullopt;
      case Fill::State::waiting: break;
    }
    const auto left = duration_cast<milliseconds>(until - means_.services.clock().now());
    switch (co_await FillWait(means_.services, means_.client, *fill, progress.version, left)) {
      case FillWait::Result::changed: break;
      case FillWait::Result::client_left: co_return client_left(context_, means_.client);
      case FillWait::Result::timeout: {
        context_.cache_status = stored_ ? "EXPIRED" : "MISS";
        co_return co_await fetch(std::make_shared<Fill>(), false);
      }
    }
  }
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
  CacheWord word{"HIT", {}};
  word.status.ttl = cache::ttl_seconds(served_->freshness(), now());
  word.status.collapsed = true;
  if (auto outcome = answer_.prepare(*served_, beginning.length, now(), word)) co_return *outcome;
  ClientStream& client = means_.client;
  const bool is_empty = answer_.is_head_only() || beginning.length == 0;
  client.begin_response(context_);
  SendStatus status = co_await client.write({}, is_empty);
  std::size_t block = 0;
  std::uint64_t sent = 0;
  const auto patience = *context_.location->proxy.read_timeout;
  while (!is_empty && sent < beginning.length && status == SendStatus::ok) {
    const Fill::Progress progress = fill->progress();
    std::vector<cache::BodyBlock> blocks;
    block = fill->blocks_from(block, blocks);
    for (std::size_t i = 0; i < blocks.size() && status == SendStatus::ok; ++i) {
      const std::string_view piece = *blocks[i];
      sent += piece.size();
      status = co_await client.write({&piece, 1}, sent == beginning.length);
    }
    if (!blocks.empty() || status != SendStatus::ok) continue;
    if (progress.state != Fill::State::streaming) status = SendStatus::closed;  // it came to nothing
    else if (co_await FillWait(means_.services, client, *fill, progress.version, patience) != FillWait::Result::changed)
      status = SendStatus::timeout;
  }
  if (status != SendStatus::ok) client.abort();
  co_return Outcome::sent();
}

}  // namespace drishti::request
