// A request that may change what is stored: POST, PUT, DELETE and whatever is not known to be safe. RFC 9111 4.4.
#include "request/cached_exchange.hpp"
#include "request/shared_writes.hpp"

namespace drishti::request {

/// Before the client hears that something changed, so that whoever asks then, and be it another proxy, gets the new.
struct CachedExchange::UnsafeSession : CacheSession {
  explicit UnsafeSession(CachedExchange& the_owner) : owner(the_owner) {}
  bool is_answered_by_stored(const http::ResponseHead&) override { return false; }
  void begin(const http::ResponseHead& head) override {
    outdated = owner.invalidate(head);
    is_done = true;
  }
  bool has_to_settle() const override { return !outdated.empty(); }
  net::Task<void> settle() override { return await_removal(*owner.view_, std::move(outdated)); }
  void take(std::span<std::string_view>) override {}
  void end(bool) override {}
  bool goes_on_alone() const override { return false; }
  CachedExchange& owner;
  std::vector<std::string> outdated;  ///< keys, gone from memory
  bool is_done = false;
};

net::Task<Outcome> CachedExchange::pass_unsafe() {
  UnsafeSession session(*this);
  ProxyExchange& exchange = means_.new_exchange(means_.owner);
  exchange.use_cache(session);
  const Outcome outcome = co_await exchange.run();
  if (!session.is_done && context_.upstream_head != nullptr) {  // an error page or another location will answer
    session.begin(*context_.upstream_head);
    co_await session.settle();
  }
  co_return outcome;
}

// RFC 9111 4.4: what a successful unsafe request may have changed is not answered from here any more. The keys are still to be
// removed from the shared layer.
std::vector<std::string> CachedExchange::invalidate(const http::ResponseHead& response) {
  std::vector<std::string> keys;
  for (const std::string& target : cache::invalidated_targets(context_.method, query_.target_uri(), response)) {
    if (target == context_.head.target) query_.make_key();
    else if (!query_.make_key_of(target)) continue;
    view_->zone->forget(query_.hash());
    keys.emplace_back(query_.key());
  }
  return keys;
}

}  // namespace drishti::request
