#pragma once
// TLS with a peer, on a stream that is connected.

#include <memory>
#include <string>

#include "net/stream.hpp"
#include "tls/client_sessions.hpp"

namespace drishti::upstream {

struct HandshakeResult {
  net::IoStatus status = net::IoStatus::ok;
  bool resumed = false;
  std::string reason;  ///< why it failed, in nginx's words
  bool ok() const { return status == net::IoStatus::ok; }
};

/// Within TIMEOUT. A certificate that TARGET does not accept is a failure, and so is an upstream without HTTP/2 where the
/// target needs it. Plaintext in place of the handshake is one, too (threat R16: CVE-2026-1642).
net::Task<HandshakeResult> shake_hands(net::Stream& stream, const tls::ClientTarget& target, const std::string& address,
                                       const std::shared_ptr<tls::ClientSessions>& sessions, net::milliseconds timeout);

}  // namespace drishti::upstream
