// What an exchange asks an upstream for: the group, the TLS to it, the head and the body.
#include "request/proxy_exchange.hpp"

#include <cassert>

#include "context/variables.hpp"
#include "http/hop_by_hop.hpp"

namespace drishti::request {

void ProxyExchange::use_configured_group() {
  const conf::ProxyPass& proxy_pass = *context_.location->proxy_pass;
  view_ = std::shared_ptr<UpstreamView>(std::shared_ptr<void>(), generation_.view(proxy_pass.upstream.get()));
  context_.proxy_host = proxy_pass.proxy_host;
  context_.proxy_port = proxy_pass.proxy_port;
  if (proxy_pass.uri) uri_ = *proxy_pass.uri;
  if (proxy_pass.is_tls) use_tls();
}

net::Task<int> ProxyExchange::find_dynamic_group() {
  const conf::ProxyPass& proxy_pass = *context_.location->proxy_pass;
  filters::DynamicTarget target = filters::evaluate_proxy_pass(proxy_pass, context_);
  if (!target.ok) co_return 500;
  context_.proxy_host = target.proxy_host;
  context_.proxy_port = context_.arena.copy(std::to_string(target.port));
  uri_ = target.uri;
  if (target.tls) use_tls();
  view_ = co_await dynamic_.find(target, context_.location->core, generation_);
  if (view_) co_return 0;
  context_.log_error(conf::LogLevel::error, std::string(target.host) + " could not be resolved");
  co_return 502;
}

void ProxyExchange::use_tls() {
  const conf::UpstreamTls& tls = *context_.location->proxy_pass->tls;
  tls::ClientTarget& target = request_.target;
  target.context = generation_.snapshot().upstream_tls->of(tls);
  target.name = tls::name_without_port(context::evaluate(*tls.settings.name, context_));
  if (!target.context->has_dynamic_certificate()) return;
  target.certificate = context::evaluate(**tls.settings.certificate, context_);
  target.certificate_key = context::evaluate(**tls.settings.certificate_key, context_);
}

net::Task<int> ProxyExchange::take_body() {
  if (body_.was_streamed()) {  // an earlier upstream got it: what is left alone is not the request's body
    context_.log_error(conf::LogLevel::error, "the request body was streamed to an upstream and can't be sent again");
    co_return 500;
  }
  if (has_to_gather_body()) co_return co_await body_.gather(client_, context_);
  body_.set_streamed();
  request_.stream_body = true;
  co_return 0;
}

/// A body of unknown length has no framing in HTTP/1.0 (RFC 9112 6.1).
bool ProxyExchange::has_to_gather_body() const {
  const bool is_unframed = *settings_.http_version == 10 && context_.head.body.kind == http::BodyKind::chunked;
  return *settings_.request_buffering || !*settings_.pass_request_body || is_unframed;
}

void ProxyExchange::write_head() {
  assert(!request_.stream_body || context_.head.body.kind != http::BodyKind::none);
  filters::UpstreamBody body;
  using Kind = filters::UpstreamBody::Kind;
  if (auto configured = filters::configured_body(context_)) {
    request_.configured_body = *configured;
    request_.stream_body = false;
    body = {Kind::length, configured->size()};
  } else if (!*settings_.pass_request_body) {
    request_.stream_body = false;
  } else if (request_.stream_body) {
    request_.chunked = context_.head.body.kind == http::BodyKind::chunked;
    body = request_.chunked ? filters::UpstreamBody{Kind::chunked, 0}
                            : filters::UpstreamBody{Kind::length, context_.head.body.length};
  } else if (context_.head.body.kind != http::BodyKind::none) {
    request_.body = &body_;
    body = {Kind::length, body_.size()};
    if (context_.head.body.kind == http::BodyKind::chunked) context_.gathered_length = body_.size();
  }
  request_.asks_upgrade = context_.head.wants_upgrade && filters::forwards_upgrade(context_);
  request_.trailers = *settings_.http_version == 20 &&
                      http::any_list_has_token(context_.head.fields, http::FieldId::te, "trailers");
  request_.method = context_.method;
  if (*settings_.method) request_.method = http::method_of(context::evaluate(**settings_.method, context_));
  const filters::CacheRequest* changed = cache_ == nullptr ? nullptr : cache_->changed_request();
  if (changed != nullptr && changed->as_get && !*settings_.method) request_.method = http::Method::get;
  std::string& head = context_.upstream_request;
  filters::write_upstream_head(filters::upstream_target(uri_, context_), body, context_, head, changed);
  request_.head = head;
}

}  // namespace drishti::request
