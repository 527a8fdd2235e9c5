#pragma once
// The PROXY protocol (versions 1 and 2): what a load balancer in front of us says about the connection that it passes on.
// Pure; anything that is not exactly right is refused (threat U18).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "conf/socket_address.hpp"

namespace drishti::http {

inline constexpr std::size_t most_proxy_header_v1 = 107;  ///< with its CRLF, by the specification
inline constexpr std::size_t most_proxy_header = 4096;    ///< as in nginx

struct ProxyHeader {
  /// Without addresses: LOCAL, UNKNOWN, or a kind of address that is no IP address.
  bool has_addresses = false;
  SocketAddress source, destination;
  std::string tlvs;  ///< of version 2, as received; every length in it was checked

  /// The value of the first TLV of TYPE, in the whole or among those of PP2_TYPE_SSL.
  std::optional<std::string_view> tlv(std::uint8_t type) const;
  std::optional<std::string_view> ssl_tlv(std::uint8_t type) const;
  /// PP2_TYPE_SSL's word on the client's certificate: 0, it was verified.
  std::optional<std::uint32_t> ssl_verify() const;
};

enum class ProxyHeaderState : std::uint8_t { need_more, done, refused };

struct ProxyHeaderResult {
  ProxyHeaderState state = ProxyHeaderState::need_more;
  std::size_t size = 0;             ///< done: bytes of the header
  std::string_view reason = {};     ///< refused: why
};

/// Reads the header at the beginning of BYTES, all that came so far. Asked again with more until it is not need_more;
/// then HEADER is filled. Never asks for more than most_proxy_header bytes.
ProxyHeaderResult parse_proxy_header(std::string_view bytes, ProxyHeader& header);

/// The header that says that SOURCE talks to DESTINATION; LOCAL or UNKNOWN when they are not of one IP family.
std::string proxy_header_v1(const SocketAddress& source, const SocketAddress& destination);
std::string proxy_header_v2(const SocketAddress& source, const SocketAddress& destination);

}  // namespace drishti::http
