#pragma once
// CRC-32C (Castagnoli), as the PROXY protocol's checksum has it.

#include <array>
#include <cstdint>
#include <string_view>

namespace drishti::http {

class Crc32c {
 public:
  void update(std::string_view bytes) {
    for (const char byte : bytes) value_ = table[(value_ ^ static_cast<std::uint8_t>(byte)) & 0xff] ^ (value_ >> 8);
  }
  std::uint32_t value() const { return ~value_; }

 private:
  static constexpr std::array<std::uint32_t, 256> make_table() {
    std::array<std::uint32_t, 256> made{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? 0x82f63b78U ^ (value >> 1) : value >> 1;
      made[i] = value;
    }
    return made;
  }
  static const std::array<std::uint32_t, 256> table;
  std::uint32_t value_ = 0xffffffff;
};

inline constexpr std::array<std::uint32_t, 256> Crc32c::table = Crc32c::make_table();

}  // namespace drishti::http
