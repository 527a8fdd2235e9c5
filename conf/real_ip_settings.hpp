#pragma once
// Whose word is taken for the address of a client: set_real_ip_from, real_ip_header, real_ip_recursive.

#include <string>
#include <vector>

#include "conf/address_range.hpp"
#include "conf/setting.hpp"

namespace drishti::conf {

struct RealIpSettings {
  enum class Source { x_real_ip, x_forwarded_for, proxy_protocol, field };
  struct Header {
    Source source = Source::x_real_ip;
    std::string name;  ///< of another field
    bool operator==(const Header&) const = default;
  };
  /// Who is believed. None: the addresses are what they are.
  struct Trusted {
    std::vector<AddressRange> ranges;
    bool unix_sockets = false;
    bool empty() const { return ranges.empty() && !unix_sockets; }
    bool contains(const SocketAddress& address) const;
  };
  Setting<Trusted> from;
  Setting<Header> header;
  Setting<bool> recursive{false};

  void inherit(const RealIpSettings& parent);
};

}  // namespace drishti::conf
