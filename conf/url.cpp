#include "conf/url.hpp"

#include <algorithm>

#include "conf/units.hpp"

namespace drishti::conf {
namespace {

struct Mode {
  bool allow_uri = false;
  bool listen = false;
};

std::optional<std::uint16_t> port_number(std::string_view text) {
  const auto port = parse_number(text);
  if (!port || *port < 1 || *port > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(*port);
}

// Takes the URI off the end of TEXT from SEARCH_FROM on; false when there is one and none is allowed.
bool take_uri(std::string_view& text, std::size_t search_from, Mode mode, AddressUrl& url) {
  const auto begin = text.find_first_of("/?", search_from);
  if (begin == std::string_view::npos) return true;
  url.uri = text.substr(begin);
  text = text.substr(0, begin);
  if (!mode.allow_uri) url.error = "invalid host";
  return mode.allow_uri;
}

void take_port(std::string_view text, Mode mode, AddressUrl& url) {
  const auto dash = mode.listen ? text.find('-') : std::string_view::npos;
  url.port = port_number(text.substr(0, dash));
  if (!url.port) url.error = "invalid port";
  if (dash == std::string_view::npos || !url.port) return;
  url.last_port = port_number(text.substr(dash + 1));
  if (!url.last_port) {
    url.error = "invalid port";
  } else if (*url.last_port < *url.port) {
    url.error = "invalid port range";
  }
}

bool is_port_only(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789-") == std::string_view::npos && text[0] != '-';
}

// unix:/path, and unix:/path:/uri where a URI may follow.
void parse_unix(std::string_view path, Mode mode, AddressUrl& url) {
  if (mode.allow_uri) {
    if (const auto colon = path.find(':'); colon != std::string_view::npos) {
      url.uri = path.substr(colon + 1);
      path = path.substr(0, colon);
    }
  }
  url.unix_path = path;
  url.unix_address = SocketAddress::from_unix(path);
  if (path.empty()) {
    url.error = "no path in the unix domain socket";
  } else if (!url.unix_address) {
    url.error = "too long path in the unix domain socket";
  }
}

void parse_ipv6(std::string_view text, Mode mode, AddressUrl& url) {
  const auto close = text.find(']');
  if (close == std::string_view::npos || close == 1) {
    url.error = close == 1 ? "no host" : "invalid host";
    return;
  }
  if (!take_uri(text, close, mode, url)) return;
  url.host = text.substr(0, close + 1);
  const std::string_view rest = text.substr(close + 1);
  if (!SocketAddress::from_ip(url.host, 0)) {
    url.error = "invalid IPv6 address";
  } else if (!rest.empty() && rest[0] != ':') {
    url.error = "invalid host";
  } else if (!rest.empty()) {
    take_port(rest.substr(1), mode, url);
  }
}

void parse_host(std::string_view text, Mode mode, AddressUrl& url) {
  if (!take_uri(text, 0, mode, url)) return;
  const auto colon = text.find(':');
  if (colon != std::string_view::npos) {
    take_port(text.substr(colon + 1), mode, url);
    text = text.substr(0, colon);
  } else if (mode.listen && is_port_only(text)) {
    url.is_any = true;
    take_port(text, mode, url);
    return;
  }
  if (text.empty() && url.error.empty()) url.error = "no host";
  url.is_any = mode.listen && text == "*";
  url.host = text;
}

AddressUrl parse(std::string_view text, Mode mode) {
  AddressUrl url;
  if (text.size() >= 5 && (text.substr(0, 5) == "unix:")) {
    parse_unix(text.substr(5), mode, url);
  } else if (text.starts_with('[')) {
    parse_ipv6(text, mode, url);
  } else {
    parse_host(text, mode, url);
  }
  return url;
}

}  // namespace

AddressUrl parse_address_url(std::string_view text, bool allow_uri) { return parse(text, {allow_uri, false}); }
AddressUrl parse_listen_url(std::string_view text) { return parse(text, {false, true}); }

std::optional<SocketAddress> parse_ip_and_port(std::string_view text) {
  if (auto literal = SocketAddress::from_ip(text, 0)) return literal;
  const AddressUrl url = parse_address_url(text, false);
  if (!url.error.empty()) return std::nullopt;
  return SocketAddress::from_ip(url.host, url.port.value_or(0));
}

}  // namespace drishti::conf
