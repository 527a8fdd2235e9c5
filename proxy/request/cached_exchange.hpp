#pragma once
// A location with proxy_cache: the memory layer, the shared layer, another request's fetch, or the upstream, in this order.
// RFC 9111 4. docs/CACHE.md.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cache/fetch_coalescer.hpp"
#include "request/cache_query.hpp"
#include "request/fill_session.hpp"
#include "request/proxy_exchange.hpp"
#include "request/stored_answer.hpp"

namespace drishti::request {

/// Lives until the access log is written: the answer's fields are views of what is stored.
class CachedExchange {
 public:
  /// Makes the exchange with the upstream when there has to be one.
  using NewExchange = ProxyExchange& (*)(void* owner);
  struct Means {
    WorkerServices& services;
    DynamicUpstreams& dynamic;
    context::RequestContext& context;
    ClientStream& client;
    Generation& generation;
    RequestBody& body;
    NewExchange new_exchange;
    void* owner;
  };
  explicit CachedExchange(Means means);

  /// Answers the client, or says what the request handler shall answer. A hit is answered without a coroutine of its own.
  net::Task<Outcome> run();
  /// For a fetch in the background: leads FILL, which others wait for under HASH.
  net::Task<Outcome> lead(std::shared_ptr<cache::Fill> fill, cache::KeyHash hash);

 private:
  using OptionalOutcome = std::optional<Outcome>;
  class Leadership;
  struct UnsafeSession;

  net::Task<Outcome> run_without_key();
  net::Task<Outcome> run_slowly();
  net::Task<Outcome> pass(std::string_view variable);
  net::Task<Outcome> pass_unsafe();
  net::Task<Outcome> run_bypass();
  net::Task<OptionalOutcome> lead_or_repeat(std::shared_ptr<cache::Fill> fill);
  net::Task<OptionalOutcome> follow(std::shared_ptr<cache::Fill> fill, net::Clock::Steady until);
  net::Task<OptionalOutcome> fetch_alone(bool may_store);
  net::Task<OptionalOutcome> stream_from(std::shared_ptr<cache::Fill> fill);
  net::Task<SendStatus> relay_body(cache::Fill& fill);
  net::Task<SendStatus> relay_overflow(cache::Fill& fill, std::uint64_t sent);
  net::Task<bool> await_more(cache::Fill& fill, std::uint64_t version);
  net::Task<OptionalOutcome> ask_shared(cache::Fill& fill);
  net::Task<bool> take_shared_lock(net::Clock::Steady until);
  net::Task<cache::LockStatus> try_shared_lock();
  net::Task<bool> is_update_left(cache::Fill& fill);
  net::Task<bool> get_shared(cache::Fill& fill);
  net::Task<void> take_shared_ticket();
  net::Task<void> take_primary_ticket();
  net::Task<OptionalOutcome> fetch(std::shared_ptr<cache::Fill> fill, bool may_store);
  net::Task<OptionalOutcome> after_fetch(FillSession& session, ProxyExchange& exchange, Outcome outcome);

  void keep_shared_ticket(const std::optional<cache::SharedTicket>& ticket);
  void prepare();
  std::vector<std::string> invalidate(const http::ResponseHead& response);
  bool look_up_memory();
  void take(cache::StoredResponsePtr found);
  void choose_place();
  PlaceTickets memory_ticket(const cache::KeyHash& hash) const { return {view_->zone->memory().ticket(hash), std::nullopt}; }
  cache::Use decide() const;
  bool may_ask_shared() const;
  bool may_serve_stale() const;
  bool may_serve_while_updating() const;
  void take_offer(const cache::StoredResponsePtr& stale);
  net::Task<Outcome> answer(cache::StoredResponsePtr response, std::string_view variable, bool is_collapsed = false);
  net::Task<Outcome> answer_stale();
  bool serves_stale_because(Failure failure) const;
  bool is_new_enough(const cache::StoredResponse& response, std::int64_t joined_at) const;
  bool is_for_me(const cache::Fill::Beginning& beginning) const;
  std::int64_t now() const { return means_.services.clock().wall_ms(); }
  cache::CacheStatus forward_status() const;
  CacheWord collapsed_word(const cache::StoredResponse& response) const;

  Means means_;
  context::RequestContext& context_;
  const conf::CacheSettings& settings_;
  CacheQuery query_;
  CacheZoneView* view_ = nullptr;
  StoredAnswer answer_;
  cache::CacheControl request_control_;
  PlaceTickets primary_tickets_;
  CachePlace place_;
  std::shared_ptr<SharedLock> shared_lock_;  ///< of the fetch that this leads, over all proxies
  cache::StoredResponsePtr stored_;   ///< what stands at the place, fresh or not
  cache::StoredResponsePtr served_;   ///< the answer
  bool is_storable_request_ = true;   ///< false: its variant is too long for a key
};

}  // namespace drishti::request
