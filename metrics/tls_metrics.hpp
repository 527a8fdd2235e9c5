#pragma once
// Handshakes with clients, by one worker.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "metrics/histogram.hpp"

namespace drishti::metrics {

/// Why a handshake failed, as far as one can tell.
enum class HandshakeFailure : std::uint8_t {
  timeout,
  closed,                   ///< by the client
  plain_http,               ///< HTTP without TLS
  protocol_version,
  no_shared_cipher,
  no_application_protocol,
  unrecognized_name,        ///< ssl_reject_handshake
  client_alert,             ///< the client refused us, most often for our certificate
  other,
};
inline constexpr std::array<std::string_view, 9> handshake_failure_names{
    "timeout",           "closed",       "plain_http", "protocol_version", "no_shared_cipher", "no_application_protocol",
    "unrecognized_name", "client_alert", "other"};

inline constexpr std::array<std::string_view, 4> tls_version_names{"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"};

struct TlsMetrics {
  std::array<Counter, tls_version_names.size()> full;     ///< handshakes by version
  std::array<Counter, tls_version_names.size()> resumed;
  std::array<Counter, handshake_failure_names.size()> failed;
  Counter renegotiations;  ///< refused
  Counter kernel_sends;    ///< connections that the kernel encrypts
  Counter early_taken;     ///< early data of clients
  Counter early_refused;   ///< likewise, which may be a replay
  Histogram duration;      ///< from the first byte to the end of those that succeeded
};

}  // namespace drishti::metrics
