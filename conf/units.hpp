#pragma once
// nginx's units: sizes `512`, `8k`, `1m`, `2g`; times `30`, `500ms`, `1h 30m`, `1d12h`. All checked for overflow.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace drishti::conf {

/// A decimal number without sign; nullopt when it is not one or does not fit.
std::optional<std::uint64_t> parse_number(std::string_view text);

/// A size in bytes: digits and an optional k, m or g (either case). With `allow_giga` false only k and m are units,
/// as nginx has it for what lives in memory.
std::optional<std::uint64_t> parse_size(std::string_view text, bool allow_giga = true);

/// A time in milliseconds; a number without unit is in seconds. Units (w d h m s ms) combine from large to small.
std::optional<std::chrono::milliseconds> parse_msec(std::string_view text);

/// The same in whole seconds: also y (365 days) and M (30 days), but not ms.
std::optional<std::chrono::seconds> parse_sec(std::string_view text);

}  // namespace drishti::conf
