#include "conf/units.hpp"

#include <charconv>
#include <limits>

namespace drishti::conf {
namespace {

constexpr std::uint64_t max_value = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

bool multiply(std::uint64_t& value, std::uint64_t factor) {
  if (value > max_value / factor) return false;
  value *= factor;
  return true;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Ordered from large to small: a unit may only be followed by smaller ones.
struct TimeUnit {
  std::string_view name;
  std::uint64_t milliseconds;
};
constexpr std::uint64_t second = 1000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;
constexpr TimeUnit time_units[] = {{"y", 365 * day}, {"M", 30 * day}, {"w", 7 * day}, {"d", day},
                                   {"h", hour},      {"m", minute},   {"s", second},  {"ms", 1}};

std::string_view take_while(std::string_view& text, bool (*wanted)(char)) {
  std::size_t n = 0;
  while (n < text.size() && wanted(text[n])) ++n;
  const auto taken = text.substr(0, n);
  text.remove_prefix(n);
  return taken;
}

bool is_unit_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_space(char c) { return c == ' '; }

// The index of NAME in time_units; a bare number counts as seconds.
std::optional<std::size_t> find_unit(std::string_view name) {
  if (name.empty()) name = "s";
  for (std::size_t i = 0; i < std::size(time_units); ++i)
    if (time_units[i].name == name) return i;
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  if (text.empty() || !is_digit(text[0])) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > max_value) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> parse_size(std::string_view text, bool allow_giga) {
  if (text.empty()) return std::nullopt;
  std::uint64_t factor = 1;
  switch (text.back()) {
    case 'k': case 'K': factor = 1 << 10; break;
    case 'm': case 'M': factor = 1 << 20; break;
    case 'g': case 'G':
      if (!allow_giga) return std::nullopt;
      factor = 1 << 30;
      break;
    default: break;
  }
  if (factor != 1) text.remove_suffix(1);
  auto value = parse_number(text);
  if (!value || !multiply(*value, factor)) return std::nullopt;
  return value;
}

// The total of TEXT, in which only units from FIRST on and before LAST may stand.
static std::optional<std::chrono::milliseconds> parse_time(std::string_view text, std::size_t first, std::size_t last) {
  if (text.empty()) return std::nullopt;
  std::uint64_t total = 0;
  std::size_t next_unit = first;
  while (!text.empty()) {
    auto value = parse_number(take_while(text, is_digit));
    const auto unit = find_unit(take_while(text, is_unit_letter));
    if (!value || !unit || *unit < next_unit || *unit >= last) return std::nullopt;
    next_unit = *unit + 1;
    if (!multiply(*value, time_units[*unit].milliseconds) || *value > max_value - total) return std::nullopt;
    total += *value;
    take_while(text, is_space);
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(total));
}

std::optional<std::chrono::milliseconds> parse_msec(std::string_view text) {
  constexpr std::size_t weeks = 2;
  return parse_time(text, weeks, std::size(time_units));
}

std::optional<std::chrono::seconds> parse_sec(std::string_view text) {
  const auto value = parse_time(text, 0, std::size(time_units) - 1);
  if (!value) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::seconds>(*value);
}

}  // namespace drishti::conf
