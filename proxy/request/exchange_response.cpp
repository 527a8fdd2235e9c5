// What becomes of the response that an exchange has got.
#include "request/proxy_exchange.hpp"

#include "filters/error_pages.hpp"
#include "filters/response_headers.hpp"
#include "filters/sticky_session.hpp"
#include "request/upgrade_tunnel.hpp"

namespace drishti::request {

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
