#pragma once
// The admin listener: docs/ADMIN.md.

#include <optional>
#include <string>
#include <vector>

#include "conf/directive.hpp"
#include "conf/socket_address.hpp"

namespace drishti::conf {

struct AdminSettings {
  std::optional<SocketAddress> listen;  ///< nullopt: off
  bool ssl = false;                     ///< TLS alone is spoken, with these:
  std::string certificate;              ///< absolute
  std::string certificate_key;          ///< absolute
  std::string token_file;               ///< absolute; "": nobody may change anything
  std::vector<std::string> hosts;       ///< lower case; names that Host may have besides IP addresses and localhost
  Where where;                          ///< of admin_listen

  /// Only this machine reaches it: a loopback address, or a unix socket.
  bool is_local() const;
};

}  // namespace drishti::conf
