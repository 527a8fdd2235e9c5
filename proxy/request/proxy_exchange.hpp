#pragma once
// proxy_pass: one client request, from picking a peer to the relayed response; repeats attempts by the retry policy.

#include <memory>
#include <optional>
#include <string>

#include "filters/proxy_request.hpp"
#include "filters/proxy_response.hpp"
#include "request/cache_session.hpp"
#include "request/dynamic_upstreams.hpp"
#include "request/outcome.hpp"
#include "request/request_body.hpp"
#include "request/response_relay.hpp"
#include "request/upstream_attempt.hpp"
#include "upstream/outcome.hpp"

namespace drishti::request {

/// Lives until the access log is written: $upstream_http_* and the answer's fields point into the head it received.
class ProxyExchange {
 public:
  /// `body`: gathered by the first exchange that needs it, sent again by later ones (error_page, X-Accel-Redirect).
  ProxyExchange(WorkerServices& services, DynamicUpstreams& dynamic, context::RequestContext& context,
                ClientStream& client, Generation& generation, RequestBody& body);

  /// Lets CACHE take part; in front of run(). It outlives the exchange's run.
  void use_cache(CacheSession& cache) { cache_ = &cache; }
  /// Why the last attempt gave no response; none when it gave one.
  Failure last_failure() const { return last_failure_; }

  /// Answers the client, or says what the request handler shall answer. At its end the peer and the connection are free.
  net::Task<Outcome> run();

 private:
  void use_configured_group();
  void use_tls();
  net::Task<int> find_dynamic_group();
  net::Task<int> take_body();
  bool has_to_gather_body() const;
  void write_head();
  bool pick();
  void watch_client();
  void prepare_pick();
  bool has_to_queue();
  net::Task<metrics::QueueResult> wait_in_queue();
  std::optional<Outcome> begin();
  bool repeats_afresh(Failure failure);
  std::optional<Outcome> after_attempt(Failure failure);
  std::optional<Outcome> after_failure(Failure failure);
  bool drops_response();
  bool has_budget();
  filters::UpstreamAdvice take_response_head();
  void count_for_siblings(const upstream::Peer& peer, upstream::Outcome outcome);
  void report(const upstream::Peer& peer, upstream::Outcome outcome);
  void begin_attempt();
  void end_attempt();
  RetryState retry_state() const;
  Outcome give_up(Failure failure);
  void log_failure(Failure failure);
  std::string upstream_url() const;
  net::Task<Outcome> respond();
  void let_go(const RelayResult& relayed);
  bool is_intercepted(int status);
  Outcome client_left();
  void leave_upstream();
  bool client_gone() const;
  bool goes_on_alone() const;
  void take_away_body();
  bool is_for_one_client() const;

  WorkerServices& services_;
  DynamicUpstreams& dynamic_;
  context::RequestContext& context_;
  ClientStream& client_;
  Generation& generation_;
  const conf::ProxySettings& settings_;

  std::shared_ptr<UpstreamView> view_;    ///< keeps a group made for a proxy_pass with variables
  std::optional<std::string_view> uri_;   ///< the URI part of proxy_pass
  RequestBody& body_;
  UpstreamRequest request_;
  upstream::PickRequest pick_;
  upstream::PeerLease lease_;
  upstream::RepeatLease repeat_;
  UpstreamRecorder recorder_;
  UpstreamAttempt attempt_;
  CacheSession* cache_ = nullptr;
  Failure last_failure_ = Failure::none;
  int tries_left_ = 0;
  bool is_first_attempt_ = true;
  bool allows_kept_ = true;        ///< a kept connection may be used
  bool sent_before_ = false;       ///< an earlier attempt sent a part of the request
  net::Clock::Steady begun_{};
  net::Clock::Steady attempt_begun_{};
};

}  // namespace drishti::request
