#include "conf/redis_url.hpp"

#include <stdexcept>

#include "conf/units.hpp"

namespace drishti::conf {
namespace {

[[noreturn]] void refuse(const std::string& reason) { throw std::invalid_argument(reason); }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high < 0 ? -1 : hex_digit(text[i + 2]);
    if (low < 0) refuse("bad percent-encoding in the Redis user or password");
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

/// Takes what stands before the last `@`.
void take_credentials(std::string_view& rest, RedisUrl& url) {
  const auto at = rest.rfind('@');
  if (at == rest.npos) return;
  const std::string_view credentials = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  const auto colon = credentials.find(':');
  url.user = percent_decoded(credentials.substr(0, colon));
  if (colon != credentials.npos) url.password = percent_decoded(credentials.substr(colon + 1));
}

int database_number(std::string_view text) {
  const auto number = parse_number(text);
  if (!number || *number > 1'000'000) refuse("invalid Redis database \"" + std::string(text) + "\"");
  return static_cast<int>(*number);
}

void take_host(std::string_view text, RedisUrl& url) {
  std::string_view port;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == text.npos) refuse("missing \"]\" in a Redis address");
    url.host = text.substr(1, close - 1);
    text.remove_prefix(close + 1);
    if (!text.empty() && text[0] != ':') refuse("invalid Redis address");
    if (!text.empty()) port = text.substr(1);
  } else {
    const auto colon = text.rfind(':');
    url.host = text.substr(0, colon);
    if (colon != text.npos) port = text.substr(colon + 1);
  }
  if (url.host.empty()) refuse("no host in a Redis address");
  if (port.empty()) return;
  const auto number = parse_number(port);
  if (!number || *number == 0 || *number > 65535) refuse("invalid port in a Redis address");
  url.port = static_cast<std::uint16_t>(*number);
}

/// `/0`, `/path/to.sock?db=0`: what follows the host.
void take_unix_path(std::string_view rest, RedisUrl& url) {
  const auto question = rest.find('?');
  url.unix_path = rest.substr(0, question);
  if (!url.unix_path.starts_with('/')) refuse("the path of a Redis socket must be absolute");
  if (question == rest.npos) return;
  const std::string_view query = rest.substr(question + 1);
  if (!query.starts_with("db=")) refuse("unknown parameter of a Redis socket");
  url.database = database_number(query.substr(3));
}

void take_tcp_address(std::string_view rest, RedisUrl& url) {
  const auto slash = rest.find('/');
  take_host(rest.substr(0, slash), url);
  if (slash != rest.npos && slash + 1 < rest.size()) url.database = database_number(rest.substr(slash + 1));
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

RedisUrl parse_one(std::string_view text) {
  RedisUrl url;
  if (take(text, "unix:")) {
    take_unix_path(text, url);
  } else if (take(text, "redis+unix://")) {
    take_credentials(text, url);
    take_unix_path(text, url);
  } else {
    url.tls = take(text, "rediss://");
    if (!url.tls && !take(text, "redis://")) refuse("invalid Redis URL");
    take_credentials(text, url);
    take_tcp_address(text, url);
  }
  return url;
}

RedisUrl parse_further(std::string_view text, const RedisUrl& first) {
  if (is_redis_url(text)) return parse_one(text);
  RedisUrl url = first;
  url.port = 6379;
  take_host(text, url);
  return url;
}

}  // namespace

std::string RedisUrl::text() const {
  if (!unix_path.empty()) return "unix:" + unix_path;
  const bool is_ipv6 = host.find(':') != host.npos;
  return (tls ? "rediss://" : "redis://") + (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port) + "/" +
         std::to_string(database);
}

bool is_redis_url(std::string_view text) {
  return text.starts_with("redis://") || text.starts_with("rediss://") || text.starts_with("redis+unix://") ||
         text.starts_with("unix:");
}

std::vector<RedisUrl> parse_redis_urls(std::string_view text) {
  std::vector<RedisUrl> urls;
  while (true) {
    const auto comma = text.find(',');
    const std::string_view one = text.substr(0, comma);
    urls.push_back(urls.empty() ? parse_one(one) : parse_further(one, urls.front()));
    if (comma == text.npos) return urls;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace drishti::conf
