#pragma once
// The cache's part in a fetch: what is asked for, whether the response is stored, and its way to those who wait for it.

#include <memory>
#include <optional>
#include <string>

#include "cache/cache_status.hpp"
#include "cache/fill.hpp"
#include "http/range.hpp"
#include "request/cache_query.hpp"
#include "request/cache_session.hpp"
#include "request/shared_writes.hpp"

namespace drishti::request {

/// From before anybody was asked: what is removed after that is not kept.
struct PlaceTickets {
  cache::Ticket memory;
  std::optional<cache::SharedTicket> shared;  ///< of the layer that proxies share; nothing: it was not asked
};

/// A place in the cache: the primary key, or a variant under its Vary marker.
struct CachePlace {
  std::string key;
  cache::KeyHash hash;
  PlaceTickets tickets;
  cache::StoredResponsePtr marker;    ///< of the primary key; null without
};

class FillSession : public CacheSession {
 public:
  struct Start {
    CacheZoneView& view;
    CacheQuery& query;
    CachePlace place;
    PlaceTickets primary;              ///< of the primary key
    cache::StoredResponsePtr stored;   ///< expired, or null
    cache::CacheControl request_control;
    std::shared_ptr<cache::Fill> fill; ///< what others wait for; or one of its own
    bool may_store = true;
    bool validates = true;             ///< with the validators of STORED
    cache::CacheStatus status;         ///< for Cache-Status
    std::shared_ptr<SharedLock>& lock; ///< given back when the response is in the shared layer, or will not be there
  };
  FillSession(WorkerServices& services, context::RequestContext& context, Start start);
  ~FillSession() override;

  const filters::CacheRequest* changed_request() const override { return &request_; }
  bool is_answered_by_stored(const http::ResponseHead& head) override;
  void begin(const http::ResponseHead& head) override;
  void take(std::span<std::string_view> pieces) override;
  void end(bool is_whole) override;
  /// Nothing came of it: those who wait try for themselves, here and at other proxies. At the latest at the end of this.
  void give_up();
  bool goes_on_alone() const override { return !services_.is_stopping && (!is_begun_ || is_storing_ || is_read_by_others()); }

  /// After Outcome::Kind::stored: what answers; null: it was not the one that the 304 is about, ask again without it.
  const cache::StoredResponsePtr& answer() const { return answer_; }
  bool is_revalidated() const { return is_revalidated_; }

 private:
  bool is_read_by_others() const { return is_passing_ && start_.fill->has_waiters(); }
  void give_up_storing();
  cache::Exchange exchange(const http::ResponseHead& head) const;
  void revalidate(const http::ResponseHead& head);
  bool decide(const http::ResponseHead& head);
  bool has_room_for(std::uint64_t length);
  bool choose_place(const http::ResponseHead& head);
  void end_fill(bool is_whole);
  void put_marker(std::string_view names, std::string_view variant);
  cache::ResponseParts parts(const http::FieldList& fields, int status, std::string_view reason);
  void announce(const http::ResponseHead& head);
  void share(cache::StoredResponsePtr response, const std::optional<cache::SharedTicket>& ticket);
  void put(cache::StoredResponsePtr response);
  void remove();
  void fit_to_client(const http::ResponseHead& head);
  void cut_to_range(const http::ResponseHead& head);

  WorkerServices& services_;
  context::RequestContext& context_;
  Start start_;
  filters::CacheRequest request_;
  cache::StoreRules rules_;
  std::int64_t request_at_;
  net::Clock::Steady begun_;
  std::uint64_t ban_number_;

  bool has_head_ = false;
  bool is_begun_ = false;
  bool is_storing_ = false;
  bool is_passing_ = false;           ///< not stored, but others read along
  bool is_revalidated_ = false;
  cache::StoreDecision decision_;
  cache::StoredResponsePtr head_;     ///< of the response that is being stored
  cache::StoredResponsePtr answer_;
  std::string vary_, variant_;
  std::vector<std::string_view> tags_;
  std::uint64_t size_ = 0;            ///< of the body so far
  std::optional<http::ByteRange> window_;  ///< what the client gets of the body
  bool gives_no_body_ = false;
};

}  // namespace drishti::request
