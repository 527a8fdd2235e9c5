#pragma once
// `10.0.0.0/8`, `::1`: the addresses that may do something.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "conf/socket_address.hpp"

namespace drishti::conf {

class AddressRange {
 public:
  /// An IP literal (without brackets), or one with `/` and the number of leading bits that count; nullopt for anything
  /// else.
  static std::optional<AddressRange> parse(std::string_view text);
  /// Bits are set behind those that count.
  bool has_low_bits() const;
  /// Also of an IPv4 address that came as IPv6 (`::ffff:10.0.0.1`).
  bool contains(const SocketAddress& address) const;
  /// As it was written.
  std::string text() const;

 private:
  std::array<std::uint8_t, 16> bytes_{};
  std::size_t size_ = 0;  ///< 4 or 16
  unsigned bits_ = 0;
};

}  // namespace drishti::conf
