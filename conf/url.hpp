#pragma once
// The address part of a URL as nginx reads it: `host`, `host:port`, `[::1]:80`, `unix:/path`, each with or without URI.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "conf/socket_address.hpp"

namespace drishti::conf {

struct AddressUrl {
  std::string host;                      ///< with brackets for IPv6; empty for unix and for a bare port
  std::optional<std::uint16_t> port;     ///< when one was written
  std::optional<std::uint16_t> last_port;  ///< the end of a range (listen)
  std::string uri;                       ///< from the first `/` or `?` on
  std::optional<SocketAddress> unix_address;
  std::string unix_path;
  bool is_any = false;                   ///< `*`, or only a port (listen)
  std::string error;                     ///< `no host`, `invalid port` ...; empty when all is well
};

/// TEXT without a scheme. A URI is an error unless ALLOW_URI.
AddressUrl parse_address_url(std::string_view text, bool allow_uri);

/// The same for `listen`, where `80` and `*:80` mean every address and `80-82` three ports.
AddressUrl parse_listen_url(std::string_view text);

/// `127.0.0.1`, `::1`, and both with a port (`[::1]:8080`); without one it is 0. nullopt for anything else.
std::optional<SocketAddress> parse_ip_and_port(std::string_view text);

}  // namespace drishti::conf
