#include "conf/real_ip_settings.hpp"

#include <algorithm>

namespace drishti::conf {

bool RealIpSettings::Trusted::contains(const SocketAddress& address) const {
  if (address.is_unix()) return unix_sockets;
  return std::ranges::any_of(ranges, [&](const AddressRange& range) { return range.contains(address); });
}

void RealIpSettings::inherit(const RealIpSettings& parent) {
  from.inherit(parent.from);
  header.inherit(parent.header);
  recursive.inherit(parent.recursive);
}

}  // namespace drishti::conf
