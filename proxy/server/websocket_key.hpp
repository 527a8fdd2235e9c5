#pragma once
// The proof of RFC 6455 that the other side of an upgrade speaks WebSocket.

#include <string>
#include <string_view>

namespace drishti::server {

/// Sec-WebSocket-Key: 16 random bytes in base64.
std::string make_websocket_key();
/// The Sec-WebSocket-Accept that answers KEY (RFC 6455 4.2.2).
std::string websocket_accept(std::string_view key);

}  // namespace drishti::server
