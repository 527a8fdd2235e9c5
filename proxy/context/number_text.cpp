#include "context/number_text.hpp"

namespace drishti::context {

bool parse_size(std::string_view text, std::uint64_t& size) {
  std::uint64_t unit = 1;
  if (!text.empty()) {
    const char last = static_cast<char>(text.back() | 0x20);
    if (last == 'k') unit = std::uint64_t{1} << 10;
    if (last == 'm') unit = std::uint64_t{1} << 20;
    if (last == 'g') unit = std::uint64_t{1} << 30;
    if (unit != 1) text.remove_suffix(1);
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value > UINT64_MAX / unit) return false;
  size = value * unit;
  return true;
}

}  // namespace drishti::context
