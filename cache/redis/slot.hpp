#pragma once
// Which of the 16384 slots of a cluster a key is in: CRC16 (XMODEM) of the key, or of what stands in its first braces.

#include <cstdint>
#include <string_view>

namespace drishti::cache::redis {

constexpr std::uint16_t slot_count = 16384;

std::uint16_t slot_of(std::string_view key);

}  // namespace drishti::cache::redis
