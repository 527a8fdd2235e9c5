#pragma once
// host[:port] of a Host field, of :authority and of an absolute-form target. RFC 3986 3.2, stricter where noted.

#include <string_view>

namespace drishti::http {

struct Authority {
  std::string_view host;  ///< as received; an IPv6 address with its brackets
  std::string_view port;  ///< digits, or "" (no port, or `host:` which RFC 3986 3.2.3 allows)
};

/// False when TEXT is none. Refused too: user information, `,` in a name, an empty host or label (`a..b`), "."
/// alone, a port above 65535, IPvFuture and zone identifiers. Threats H11, H13.
bool parse_authority(std::string_view text, Authority& out);

}  // namespace drishti::http
