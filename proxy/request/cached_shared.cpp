// What the leader of a miss asks the layer that the proxies share.
#include "request/cached_exchange.hpp"

namespace drishti::request {

using cache::Fill;

/// Nothing: neither Redis nor another proxy has it; the upstream is to be asked.
net::Task<std::optional<Outcome>> CachedExchange::ask_shared(Fill& fill) {
  const cache::SharedResult found = co_await view_->shared->get(place_.key);
  if (found.status != cache::SharedStatus::hit || view_->zone->is_banned(*found.response)) co_return std::nullopt;
  view_->zone->keep(place_.hash, found.response, place_.ticket);
  if (found.response->is_vary_marker()) {
    take(found.response);
    fill.end(Fill::State::again);
    co_return std::nullopt;
  }
  stored_ = found.response;
  if (decide() != cache::Use::fresh) co_return std::nullopt;
  fill.complete(stored_);
  const Outcome answered = co_await answer(stored_, "HIT");
  co_return answered;
}

}  // namespace drishti::request
