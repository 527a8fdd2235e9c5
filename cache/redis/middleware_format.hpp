#pragma once
// `proxy_cache_format middleware`: the very keys and values of the usual Express middleware (`cache:` and req.originalUrl,
// JSON text, SETEX 300), so that the application and the proxy can share one Redis during a move. The format has no head
// and no host: whatever stands there is a 200 of application/json for every host and user. Off unless asked for.

#include <optional>
#include <string>

#include "cache/redis/redis_store.hpp"

namespace drishti::cache::redis {

constexpr std::string_view middleware_prefix = "cache:";

/// TARGET: the request target as the client sent it, which is what Express calls originalUrl.
std::string middleware_key(std::string_view target);
/// What the middleware would have stored of RESPONSE; nothing when it stores no such thing: it knows JSON of a 200 only.
std::optional<std::string> middleware_value(const StoredResponse& response);
/// What the middleware would answer for VALUE, fresh from NOW for LIFETIME (ms); null when its JSON.parse() would fail.
StoredResponsePtr middleware_response(std::string_view target, std::string_view value, std::int64_t now,
                                      std::int64_t lifetime);

/// The key of this zone is the request target alone. Locks are ours; so are bans, which do not reach these entries.
class MiddlewareStore : public RedisStore {
 public:
  /// DURATION: of an entry that it finds without an expiry. What it writes lives as long as it is fresh.
  MiddlewareStore(Client& client, ClientServices services, ChangeHub& hub, ChangeHub::Post post,
                  RedisStoreOptions options, std::chrono::seconds duration = std::chrono::seconds(300));
  net::Task<SharedResult> get(std::string_view key) override;
  net::Task<std::optional<SharedTicket>> ticket(std::string_view key) override;
  net::Task<bool> put(StoredResponsePtr response, std::chrono::milliseconds keep, SharedTicket ticket) override;
  net::Task<bool> remove(std::string_view key) override;

 private:
  std::chrono::seconds duration_;
};

}  // namespace drishti::cache::redis
