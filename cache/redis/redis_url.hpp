#pragma once
// Where Redis is and how to enter it: `redis://user:pass@host:6379/0`, `rediss://` (TLS), `unix:/path` or
// `redis+unix://user:pass@/path`, several nodes (`redis://a,b:6380/0`), `redis-sentinel://host:26379,host2/mastername/0`.
// Options follow `?`: `cluster`, `timeout=20ms`, `prefix=drishti:`, `db=0`, `verify=off`,
// `ca=/path.pem`, `name=host`, `sentinel_password=...`.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drishti::cache::redis {

struct Node {
  std::string host;        ///< a name or an address, without brackets; or a path of a unix socket when `port` is 0
  std::uint16_t port = 0;
  bool is_unix() const { return port == 0; }
  std::string text() const;
  bool operator==(const Node&) const = default;
};

struct RedisUrl {
  enum class Kind : std::uint8_t { single, cluster, sentinel };
  Kind kind = Kind::single;
  bool tls = false;
  bool verify = true;          ///< of TLS: the chain and the name
  std::string ca_file;         ///< of TLS: "" = the system's
  std::string server_name;     ///< of TLS: "" = the node's host
  std::string user, password;  ///< password alone: the user `default`
  std::vector<Node> nodes;     ///< seeds of a cluster, sentinels, or one after another until a master answers
  std::string master_name;     ///< sentinel
  std::string sentinel_password;
  unsigned database = 0;
  std::chrono::milliseconds timeout{20};
  std::string prefix = "drishti:";

  /// For logs: without user and password.
  std::string safe_text() const;
};

struct ParsedUrl {
  std::optional<RedisUrl> url;
  std::string error;  ///< what is wrong, without any part that may hold the password
};

/// Whether TEXT (the first argument of proxy_cache_path) means Redis at all.
bool is_redis_url(std::string_view text);
ParsedUrl parse_redis_url(std::string_view text);
/// As parse_redis_url(); the word `redis` alone means REDIS_URL of the environment, or redis://127.0.0.1:6379 without it.
ParsedUrl redis_url_from(std::string_view text);

}  // namespace drishti::cache::redis
