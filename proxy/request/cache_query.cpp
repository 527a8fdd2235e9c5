#include "request/cache_query.hpp"

#include <charconv>

#include "context/variables.hpp"
#include "filters/proxy_request.hpp"

namespace drishti::request {
namespace {

using http::FieldId;

// Keys of one kind never look like those of another: a made one begins with a length.
constexpr char written_key_mark = '=';
constexpr std::int64_t middleware_lifetime = 300'000;  // ms, the middleware's own default

std::string_view port_of(const context::RequestContext& context) {
  if (!context.head.host_port.empty()) return context.head.host_port;
  return context.connection->tls ? "443" : "80";
}

}  // namespace

CacheZoneView* CacheQuery::find_zone(CacheMap& zones) {
  const conf::CacheSettings& settings = context_.location->cache;
  const conf::CacheZone* zone = settings.zone.get();
  if (zone == nullptr) {  // proxy_cache with variables
    const std::string_view name = context::evaluate(**settings.zone_name, context_);
    if (name.empty() || name == "off") return nullptr;
    zone = context_.config->find_cache_zone(name).get();
  }
  const auto found = zone == nullptr ? zones.end() : zones.find(zone->name);
  is_zone_unknown_ = found == zones.end();
  if (is_zone_unknown_) return nullptr;
  options_ = zone;
  return found->second.get();
}

bool CacheQuery::is_middleware() const {
  return *context_.location->cache.format == conf::CacheFormat::middleware;
}

bool CacheQuery::is_of_one_user() const { return is_middleware() && context_.head.fields.has(FieldId::authorization); }

bool CacheQuery::is_cacheable_method() const {
  const conf::CacheSettings& settings = context_.location->cache;
  if (context_.method == http::Method::get || context_.method == http::Method::head) return true;
  return context_.method == http::Method::post && *settings.post && settings.key->has_value();
}

bool CacheQuery::has_unkeyed_body() const {
  const http::BodyFraming& body = context_.head.body;
  const bool has_body = body.kind != http::BodyKind::none && !(body.kind == http::BodyKind::length && body.length == 0);
  return has_body && !context_.location->cache.key->has_value();
}

bool CacheQuery::any_true(const std::vector<conf::Template>& conditions, context::RequestContext& context) {
  for (const conf::Template& condition : conditions) {
    const std::string_view value = context::evaluate(condition, context);
    if (!value.empty() && value != "0") return true;
  }
  return false;
}

bool CacheQuery::is_beyond_range_offset() const {
  const conf::Bytes limit = *context_.location->cache.max_range_offset;
  std::string_view range = context_.head.fields.get(FieldId::range);
  if (limit == ~conf::Bytes{0} || !range.starts_with("bytes=")) return false;
  range.remove_prefix(6);
  std::uint64_t first = 0;
  const auto [end, error] = std::from_chars(range.data(), range.data() + range.size(), first);
  return error != std::errc{} || first >= limit;  // `bytes=-500`: the end, wherever that is
}

void CacheQuery::append_url(std::string_view target) {
  const std::string_view scheme = context_.connection->tls ? "https://" : "http://", port = port_of(context_);
  url_size_ = scheme.size() + context_.host.size() + 1 + port.size() + target.size();
  cache::append_key_part_size(key_.text, url_size_);
  url_begin_ = key_.text.size();
  key_.text.append(scheme).append(context_.host).append(1, ':').append(port).append(target);
}

// Two requests for one URL may go to different places (`if`, `map`, rewrite): what is sent where belongs to the key.
std::optional<std::string_view> CacheQuery::find_upstream() {
  const conf::ProxyPass& pass = *context_.location->proxy_pass;
  std::optional<std::string_view> uri;
  if (pass.has_variables) {
    const filters::DynamicTarget target = filters::evaluate_proxy_pass(pass, context_);
    context_.proxy_host = target.proxy_host;
    uri = target.uri;
  } else {
    context_.proxy_host = pass.proxy_host;
    context_.proxy_port = pass.proxy_port;
    if (pass.uri) uri = *pass.uri;
  }
  return uri;
}

void CacheQuery::append_upstream(std::string_view own_target) {
  const auto uri = find_upstream();
  cache::append_key_part(key_.text, context_.proxy_host);
  if (own_target.empty()) return;
  const std::string_view sent = filters::upstream_target(uri, context_);
  if (sent != own_target) cache::append_key_part(key_.text, sent);
}

void CacheQuery::make_key() {
  const conf::CacheSettings& settings = context_.location->cache;
  key_.text.clear();
  if (is_middleware()) {
    key_.text.assign(filters::upstream_target(find_upstream(), context_));  // the application's req.originalUrl
    url_begin_ = 0;
    url_size_ = key_.text.size();
  } else if (settings.key->has_value()) {
    find_upstream();  // for $proxy_host
    key_.text.assign(1, written_key_mark);
    context::append(**settings.key, context_, key_.text);
    url_begin_ = 1;
    url_size_ = key_.text.size() - 1;
  } else {
    append_url(context_.head.target);
    append_upstream(context_.head.target);
  }
  hash_ = cache::hash_key(key_.text);
}

bool CacheQuery::make_key_of(std::string_view target) {
  const conf::CacheSettings& settings = context_.location->cache;
  if (settings.key->has_value() || is_middleware()) return false;
  key_.text.clear();
  append_url(target);
  append_upstream({});
  hash_ = cache::hash_key(key_.text);
  return true;
}

cache::TargetUri CacheQuery::target_uri() const {
  return {context_.connection->tls ? "https" : "http", context_.host, context_.head.host_port, context_.head.target};
}

cache::UseRules CacheQuery::use_rules() const {
  using Reason = cache::StaleReason;
  const conf::CacheSettings& settings = context_.location->cache;
  const conf::UseStale& words = *settings.use_stale;
  const std::pair<bool, Reason> listed[] = {
      {words.error, Reason::error},       {words.timeout, Reason::timeout},
      {words.invalid_header, Reason::invalid_header}, {words.updating, Reason::updating},
      {words.http_500, Reason::http_500}, {words.http_502, Reason::http_502}, {words.http_503, Reason::http_503},
      {words.http_504, Reason::http_504}, {words.http_403, Reason::http_403}, {words.http_404, Reason::http_404},
      {words.http_429, Reason::http_429}};
  cache::UseRules rules;
  rules.honour_request_directives = *settings.client_control;
  for (const auto& [is_listed, reason] : listed)
    if (is_listed) rules.use_stale.add(reason);
  if (settings.background_update.is_set) rules.background_update = *settings.background_update;
  return rules;
}

cache::StoreRules CacheQuery::store_rules() const {
  const conf::CacheSettings& settings = context_.location->cache;
  const conf::IgnoreHeaders& ignore = *context_.location->proxy.ignore_headers;
  cache::StoreRules rules;
  for (const conf::CacheValid& valid : *settings.valid)
    rules.valid.push_back({valid.status, std::chrono::milliseconds(valid.time).count()});
  if (is_middleware() && rules.valid.empty()) rules.valid.push_back({200, middleware_lifetime});
  rules.ignore = {ignore.accel_expires, ignore.expires, ignore.cache_control, ignore.set_cookie, ignore.vary};
  rules.post = *settings.post;
  rules.key_has_authorization = settings.key_has_authorization;
  rules.honour_request_directives = *settings.client_control;
  rules.heuristic = *settings.heuristic;
  rules.revalidate = *settings.revalidate;
  rules.use_stale = settings.use_stale.is_set && !settings.use_stale->off;
  rules.keep_stale = options_->inactive.count();
  return rules;
}

}  // namespace drishti::request
