#include "request/cache_purge.hpp"

#include <algorithm>

#include "filters/error_pages.hpp"
#include "filters/response_headers.hpp"
#include "context/number_text.hpp"
#include "request/cache_tags.hpp"

namespace drishti::request {
namespace {

bool is_allowed(const conf::CachePurge& settings, const context::RequestContext& context) {
  const SocketAddress& client = context.remote();
  if (settings.allows_all || client.is_unix()) return true;
  return std::any_of(settings.allowed.begin(), settings.allowed.end(),
                     [&](const conf::AddressRange& range) { return range.contains(client); });
}

/// What was done: `{"purged":"tag","tags":2,"memory":17,"shared":true}`.
struct Report {
  std::string_view kind;
  std::size_t memory = 0;   ///< responses that left this process's memory
  bool has_shared = false;
  bool shared = true;       ///< the shared layer did it, too
};

net::Task<bool> ban_one(CacheZoneView& view, cache::Ban::Kind kind, std::string_view text, Report& report) {
  const PurgedZone purged = co_await purge_zone(view, kind, text);
  report.memory += purged.memory;
  co_return purged.is_shared;
}

net::Task<void> purge_tags(CacheZoneView& view, const std::vector<std::string_view>& tags, Report& report) {
  report.kind = "tag";
  for (const std::string_view tag : tags)
    if (!co_await ban_one(view, cache::Ban::Kind::tag, tag, report)) report.shared = false;
}

net::Task<void> purge_prefix(CacheZoneView& view, std::string_view prefix, Report& report) {
  report.kind = "prefix";
  report.shared = co_await ban_one(view, cache::Ban::Kind::prefix, prefix, report);
}

net::Task<void> purge_url(CacheZoneView& view, const CacheQuery& query, Report& report) {
  report.kind = "url";
  report.memory = view.zone->forget(query.hash()) ? 1 : 0;
  if (view.shared) report.shared = co_await view.shared->remove(query.key());
}

net::Task<Outcome> answer(const Report& report, context::RequestContext& context, ClientStream& client) {
  std::string body = "{\"purged\":\"";
  body.append(report.kind).append("\",\"memory\":");
  context::append_number(report.memory, body);
  if (report.has_shared) body.append(",\"shared\":").append(report.shared ? "true" : "false");
  body.append("}\n");
  const bool is_done = !report.has_shared || report.shared;
  filters::local_response(is_done ? 200 : 502, "application/json", body, context);
  filters::apply_add_headers(context);
  client.begin_response(context);
  const std::string_view piece = body;
  if (co_await client.write({&piece, 1}, true) != SendStatus::ok) client.abort();
  co_return Outcome::sent();
}

}  // namespace

net::Task<PurgedZone> purge_zone(CacheZoneView& view, cache::Ban::Kind kind, std::string_view text) {
  if (!view.shared) co_return PurgedZone{view.zone->ban(kind, std::string(text)), true};
  const std::uint64_t before = view.zone->memory().stats().entries;
  const bool is_done = co_await view.shared->ban(kind, text);
  if (!is_done) co_return PurgedZone{view.zone->ban(kind, std::string(text)), false};
  co_return PurgedZone{before - std::min<std::uint64_t>(before, view.zone->memory().stats().entries), true};
}

bool is_purge_request(context::RequestContext& context) {
  const conf::CachePurge& settings = *context.location->cache.purge;
  if (!settings.is_on()) return false;
  if (!settings.method.empty()) return context.method_text == settings.method;
  return CacheQuery::any_true(settings.conditions, context);
}

net::Task<Outcome> purge(WorkerServices&, context::RequestContext& context, ClientStream& client, CacheZoneView& view,
                         CacheQuery& query) {
  if (!is_allowed(*context.location->cache.purge, context)) co_return Outcome::error(403);
  Report report;
  report.has_shared = view.shared != nullptr;
  std::vector<std::string_view> tags;
  collect_tags(context.head.fields, tags);
  query.make_key();
  if (!tags.empty()) {
    co_await purge_tags(view, tags, report);
  } else if (query.url().ends_with('*')) {
    co_await purge_prefix(view, query.url().substr(0, query.url().size() - 1), report);
  } else {
    co_await purge_url(view, query, report);
  }
  const Outcome outcome = co_await answer(report, context, client);
  co_return outcome;
}

}  // namespace drishti::request
