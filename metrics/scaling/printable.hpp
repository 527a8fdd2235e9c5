#pragma once
// Text from somewhere else, for a terminal.

#include <string>
#include <string_view>

namespace drishti::scaling {

/// Control characters would be commands to the terminal: `?` in their place.
inline std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return out;
}

}  // namespace drishti::scaling
