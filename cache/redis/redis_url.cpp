#include "cache/redis/redis_url.hpp"

#include <cstdlib>

#include "conf/units.hpp"

namespace drishti::cache::redis {
namespace {

constexpr std::uint16_t redis_port = 6379;
constexpr std::uint16_t sentinel_port = 26379;

struct Scheme {
  std::string_view text;
  RedisUrl::Kind kind;
  bool tls, is_unix;
};

constexpr Scheme schemes[] = {{"redis://", RedisUrl::Kind::single, false, false},
                              {"rediss://", RedisUrl::Kind::single, true, false},
                              {"redis-sentinel://", RedisUrl::Kind::sentinel, false, false},
                              {"rediss-sentinel://", RedisUrl::Kind::sentinel, true, false},
                              {"redis+unix://", RedisUrl::Kind::single, false, true},
                              {"unix://", RedisUrl::Kind::single, false, true},
                              {"unix:", RedisUrl::Kind::single, false, true}};

const Scheme* scheme_of(std::string_view text) {
  for (const Scheme& scheme : schemes)
    if (text.starts_with(scheme.text)) return &scheme;
  return nullptr;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// RFC 3986 2.1.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size() || hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0) return std::nullopt;
    out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
    i += 2;
  }
  return out;
}

std::string_view take_until(std::string_view& text, char end) {
  const std::size_t at = text.find(end);
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return taken;
}

class UrlParser {
 public:
  explicit UrlParser(std::string_view text) : text_(text) {}

  ParsedUrl parse() {
    const Scheme* scheme = scheme_of(text_);
    if (!scheme) return {{}, "a Redis URL begins with redis://, rediss://, redis-sentinel:// or unix:"};
    url_.kind = scheme->kind;
    url_.tls = scheme->tls;
    std::string_view rest = text_.substr(scheme->text.size());
    std::string_view query = rest;
    rest = take_until(query, '?');
    const bool ok = scheme->is_unix ? unix_socket(rest) : network(rest);
    if (ok) options(query);
    if (error_.empty() && url_.kind == RedisUrl::Kind::cluster && url_.database != 0)
      fail("Redis Cluster has database 0 only");
    if (!error_.empty()) return {{}, error_};
    return {std::move(url_), {}};
  }

 private:
  bool fail(std::string why) {
    if (error_.empty()) error_ = std::move(why);
    return false;
  }

  // The last `@` divides: a password that was not escaped may hold others.
  bool credentials(std::string_view& rest, std::string_view authority) {
    const std::size_t at = authority.rfind('@');
    if (at == std::string_view::npos) return true;
    std::string_view secret = authority.substr(0, at);
    rest.remove_prefix(at + 1);
    const std::size_t colon = secret.find(':');
    const auto user = percent_decoded(secret.substr(0, colon));
    const auto password =
        percent_decoded(colon == std::string_view::npos ? std::string_view() : secret.substr(colon + 1));
    if (!user || !password) return fail("a % in the user or password of a Redis URL has to be written %25");
    url_.user = *user;
    url_.password = *password;
    if (!url_.user.empty() && url_.password.empty()) return fail("a Redis URL names a user, but no password (user:password@)");
    return true;
  }

  bool unix_socket(std::string_view rest) {
    if (!rest.starts_with('/') && !credentials(rest, rest)) return false;
    const auto path = percent_decoded(rest);
    constexpr std::size_t longest = 107;  // sockaddr_un
    if (!path || !path->starts_with('/')) return fail("the path of a Redis socket begins with /");
    if (path->size() > longest) return fail("the path of a Redis socket is longer than 107 bytes");
    url_.nodes.push_back({*path, 0});
    return true;
  }

  bool network(std::string_view rest) {
    // A `/` in a password is found behind an `@`, too.
    const std::size_t at = rest.rfind('@');
    const std::size_t slash = rest.find('/', at == std::string_view::npos ? 0 : at);
    if (!credentials(rest, rest.substr(0, slash))) return false;
    std::string_view path = rest;
    std::string_view hosts = take_until(path, '/');
    do {
      if (!node(take_until(hosts, ','))) return false;
    } while (!hosts.empty());
    if (url_.kind == RedisUrl::Kind::sentinel) {
      url_.master_name = std::string(take_until(path, '/'));
      if (url_.master_name.empty()) return fail("a redis-sentinel URL names the master: redis-sentinel://host:26379/NAME/0");
    }
    return path.empty() || database(path);
  }

  bool node(std::string_view text) {
    Node node;
    node.port = url_.kind == RedisUrl::Kind::sentinel ? sentinel_port : redis_port;
    std::string_view port;
    if (text.starts_with('[')) {
      const std::size_t end = text.find(']');
      if (end == std::string_view::npos) return fail("a [ without ] in a Redis URL");
      node.host = std::string(text.substr(1, end - 1));
      port = text.substr(end + 1);
      if (!port.empty() && !port.starts_with(':')) return fail("a host in [] is followed by :PORT in a Redis URL");
    } else {
      const std::size_t colon = text.find(':');
      node.host = std::string(text.substr(0, colon));
      if (colon != std::string_view::npos) port = text.substr(colon);
    }
    if (node.host.empty()) return fail("a Redis URL without a host");
    if (!port.empty()) {
      const auto number = conf::parse_number(port.substr(1));
      if (!number || *number == 0 || *number > 65535) return fail("the port of a Redis URL is not a number from 1 to 65535");
      node.port = static_cast<std::uint16_t>(*number);
    }
    url_.nodes.push_back(std::move(node));
    return true;
  }

  bool database(std::string_view text) {
    const auto number = conf::parse_number(text);
    if (!number || *number > 1'000'000) return fail("the database of a Redis URL is not a number");
    url_.database = static_cast<unsigned>(*number);
    return true;
  }

  void options(std::string_view query) {
    while (!query.empty() && error_.empty()) {
      std::string_view value = take_until(query, '&');
      const std::string_view name = take_until(value, '=');
      const auto decoded = percent_decoded(value);
      if (!decoded) fail("a bad % in the options of a Redis URL");
      else option(name, *decoded);
    }
  }

  bool option(std::string_view name, const std::string& value) {
    if (name == "cluster" && url_.kind == RedisUrl::Kind::single && url_.nodes.front().port != 0) {
      url_.kind = RedisUrl::Kind::cluster;
      return true;
    }
    if (name == "cluster") return fail("cluster goes with redis:// and rediss:// only");
    if (name == "timeout") return timeout(value);
    if (name == "prefix") return prefix(value);
    if (name == "db") return database(value);
    if (name == "verify") return verify(value);
    if (name == "ca") return (url_.ca_file = value), true;
    if (name == "name") return (url_.server_name = value), true;
    if (name == "sentinel_password") return (url_.sentinel_password = value), true;
    // Not named: behind a `?` that was not escaped it may be the rest of a password.
    return fail("unknown option in a Redis URL: there are cluster, timeout, prefix, db, verify, ca, name and sentinel_password");
  }

  bool timeout(const std::string& value) {
    const auto time = conf::parse_msec(value);
    if (!time || time->count() < 1 || time->count() > 60'000)
      return fail("timeout of a Redis URL is a time from 1ms to 60s, such as 20ms");
    url_.timeout = *time;
    return true;
  }
  bool prefix(const std::string& value) {
    // Braces would decide the cluster's slot for every key; an empty prefix would be told of everybody's keys.
    if (value.empty() || value.size() > 128 || value.find_first_of("{}") != std::string::npos)
      return fail("prefix of a Redis URL has 1 to 128 bytes without { and }");
    url_.prefix = value;
    return true;
  }
  bool verify(const std::string& value) {
    if (value != "on" && value != "off") return fail("verify of a Redis URL is on or off");
    url_.verify = value == "on";
    return true;
  }

  std::string_view text_;
  RedisUrl url_;
  std::string error_;
};

}  // namespace

std::string Node::text() const {
  if (is_unix()) return "unix:" + host;
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string RedisUrl::safe_text() const {
  std::string out = tls ? "rediss" : "redis";
  if (kind == Kind::sentinel) out += "-sentinel";
  out += nodes.front().is_unix() ? "+unix://" : "://";
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (i) out += ",";
    out += nodes[i].is_unix() ? nodes[i].host : nodes[i].text();
  }
  if (!master_name.empty()) out += "/" + master_name;
  if (!nodes.front().is_unix()) out += "/" + std::to_string(database);
  return out;
}

bool is_redis_url(std::string_view text) { return text == "redis" || scheme_of(text) != nullptr; }

ParsedUrl parse_redis_url(std::string_view text) { return UrlParser(text).parse(); }

ParsedUrl redis_url_from(std::string_view text) {
  if (text != "redis") return parse_redis_url(text);
  const char* from_environment = std::getenv("REDIS_URL");
  if (!from_environment || !*from_environment) return parse_redis_url("redis://127.0.0.1:6379");
  ParsedUrl parsed = parse_redis_url(from_environment);
  if (!parsed.url) parsed.error = "REDIS_URL: " + parsed.error;
  return parsed;
}

}  // namespace drishti::cache::redis
