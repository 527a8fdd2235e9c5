#pragma once
// `redis://user:password@host:6379/0`, `rediss://...` (TLS), `redis+unix:///run/redis.sock?db=0` or `unix:/run/redis.sock`.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace drishti::conf {

struct RedisUrl {
  std::string host;       ///< a name or an IP address without brackets; empty for unix
  std::uint16_t port = 6379;
  std::string unix_path;
  std::string user;       ///< "": the default user
  std::string password;   ///< "": none
  int database = 0;
  bool tls = false;

  /// For logs: without user and password.
  std::string text() const;
};

/// True for what parse_redis_urls() is made for.
bool is_redis_url(std::string_view text);

/// One URL, or several nodes: URLs joined by commas, of which those after the first may be `host:port` alone and take
/// the rest from the first. Percent-encoding is undone in user and password. Throws std::invalid_argument with a reason
/// that does not show a password.
std::vector<RedisUrl> parse_redis_urls(std::string_view text);

}  // namespace drishti::conf
