#include "cache/redis/middleware_format.hpp"

#include <limits>

#include "cache/redis/command.hpp"
#include "cache/redis/json_text.hpp"

namespace drishti::cache::redis {
namespace {

bool is_json_type(std::string_view type) {
  constexpr std::string_view json = "application/json";
  if (type.size() < json.size()) return false;
  for (std::size_t i = 0; i < json.size(); ++i)
    if ((type[i] | 0x20) != (json[i] | 0x20)) return false;
  return type.size() == json.size() || type[json.size()] == ';' || type[json.size()] == ' ';
}

}  // namespace

std::string middleware_key(std::string_view target) { return std::string(middleware_prefix).append(target); }

std::optional<std::string> middleware_value(const StoredResponse& response) {
  const bool is_plain = response.status() == 200 && response.field(http::FieldId::content_encoding).empty();
  if (!is_plain || !is_json_type(response.field(http::FieldId::content_type))) return std::nullopt;
  std::string text;
  text.reserve(response.body_size());
  for (std::size_t i = 0; i < response.piece_count(); ++i) text += response.piece(i);
  if (!is_json_text(text)) return std::nullopt;
  return text;
}

StoredResponsePtr middleware_response(std::string_view target, std::string_view value, std::int64_t now,
                                      std::int64_t lifetime) {
  if (!is_json_text(value)) return nullptr;
  http::FieldList fields;
  fields.add({"Content-Type", "application/json; charset=utf-8", http::FieldId::content_type});
  ResponseParts parts;
  parts.key = target;
  parts.status = 200;
  parts.reason = "OK";
  parts.fields = &fields;
  parts.freshness.response_at = now;
  parts.freshness.lifetime = lifetime;
  parts.ban_number = std::numeric_limits<std::uint64_t>::max();
  return StoredResponse::make_from_text(parts, value);
}

MiddlewareStore::MiddlewareStore(Client& client, ClientServices services, ChangeHub& hub, ChangeHub::Post post,
                                 RedisStoreOptions options, std::chrono::seconds duration)
    : RedisStore(client, std::move(services), hub, std::move(post), std::move(options)), duration_(duration) {}

namespace {

/// The middleware knows no variants: only what stands under a request target can be shared with it.
bool is_target(std::string_view key) { return key.starts_with('/'); }

}  // namespace

net::Task<SharedResult> MiddlewareStore::get(std::string_view key) {
  if (!is_target(key)) co_return SharedResult{SharedStatus::miss, nullptr, std::nullopt};
  const std::string name = middleware_key(key);
  const CallResult value = co_await client_.call(name, command("GET", name), {});
  if (!value.ok()) co_return SharedResult{SharedStatus::unavailable, nullptr, std::nullopt};
  SharedResult found;
  found.ticket = SharedTicket{};
  if (answered(value) && value.reply.is(Reply::Type::string)) {
    const CallResult left = co_await client_.call(name, command("PTTL", name), {});
    constexpr std::int64_t no_such_key = -2;
    const bool is_there = answered(left) && left.reply.is(Reply::Type::integer) && left.reply.integer != no_such_key;
    const std::int64_t lifetime =
        left.reply.integer >= 0 ? left.reply.integer : std::chrono::milliseconds(duration_).count();
    if (is_there) found.response = middleware_response(key, value.reply.text, reactor_.clock().wall_ms(), lifetime);
    if (found.response) found.status = SharedStatus::hit;
    else if (is_there) metrics_.count(ErrorKind::corrupt);  // not deleted: it is the application's
  }
  (found.status == SharedStatus::hit ? metrics_.hits : metrics_.misses).add();
  co_return found;
}

// The middleware remembers no removals: every ticket holds.
net::Task<std::optional<SharedTicket>> MiddlewareStore::ticket(std::string_view) { co_return SharedTicket{}; }

// KEEP is not asked: it counts the time in which we may serve a stale response, and the middleware takes what is there.
net::Task<bool> MiddlewareStore::put(StoredResponsePtr response, std::chrono::milliseconds, SharedTicket) {
  const std::int64_t now = reactor_.clock().wall_ms();
  const std::int64_t left = (response->freshness().lifetime - response->freshness().age(now)) / 1000;
  if (left <= 0 || !is_target(response->key())) co_return false;
  const auto value = middleware_value(*response);
  if (!value || value->size() > options_.limits.body) co_return false;
  const std::string name = middleware_key(response->key());
  const Decimal seconds(static_cast<std::uint64_t>(left));
  const CallResult result = co_await client_.call(name, command("SETEX", name, seconds, *value), allowance(value->size()));
  co_return answered(result);
}

net::Task<bool> MiddlewareStore::remove(std::string_view key) {
  const std::string name = middleware_key(key);
  const CallResult result = co_await client_.call(name, command("UNLINK", name), {});
  co_return answered(result);
}

}  // namespace drishti::cache::redis
