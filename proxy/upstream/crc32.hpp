#pragma once
// CRC-32 (IEEE 802.3, reflected) as nginx's `hash` uses it.

#include <array>
#include <cstdint>
#include <string_view>

namespace drishti::upstream {

class Crc32 {
 public:
  void update(std::string_view bytes) {
    for (const char byte : bytes) state_ = table[(state_ ^ static_cast<unsigned char>(byte)) & 0xff] ^ (state_ >> 8);
  }
  std::uint32_t value() const { return ~state_; }

 private:
  static constexpr std::array<std::uint32_t, 256> table = [] {
    std::array<std::uint32_t, 256> t{};
    for (std::uint32_t n = 0; n < 256; ++n) {
      std::uint32_t c = n;
      for (int bit = 0; bit < 8; ++bit) c = (c & 1) != 0 ? 0xedb88320U ^ (c >> 1) : c >> 1;
      t[n] = c;
    }
    return t;
  }();
  std::uint32_t state_ = 0xffffffffU;
};

}  // namespace drishti::upstream
