#pragma once
// The name that a client asks for (SNI), out of bytes that nobody has looked at before. Pure; any thread.

#include <span>
#include <string>
#include <string_view>

namespace drishti::tls {

/// RFC 6066 3: NAME becomes the name of type host_name in the extension server_name, a view of EXTENSION. False: malformed.
bool read_server_name(std::span<const unsigned char> extension, std::string_view& name);

/// NAME as names are compared: lower case, without a trailing dot; "" when it is no host name. It may become a part of a path.
std::string normal_host_name(std::string_view name);

}  // namespace drishti::tls
