#pragma once
// One call of the admin listener over a blocking socket with deadlines.

#include <string>

#include <optional>

#include "conf/socket_address.hpp"
#include "ctl/options.hpp"
#include "net/tls_client.hpp"

namespace drishti::ctl {

struct Answer {
  int status = 0;
  std::string body;
};

/// Where the admin listener is, and how it is spoken to.
struct Target {
  SocketAddress address;
  std::string token;                          ///< may be empty
  std::optional<net::TlsClientOptions> tls;   ///< nullopt: without TLS
  std::string name = {};                      ///< that the certificate has to be for; "": any
};

/// Throws std::runtime_error, with what to do about it.
Answer call(const Target& target, const Call& call);

}  // namespace drishti::ctl
