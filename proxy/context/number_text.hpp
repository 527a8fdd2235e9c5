#pragma once
// Numbers as text without allocation or locale.

#include <charconv>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace drishti::context {

/// Room for every number and time written here.
struct NumberBuffer {
  char data[64];
};

template <std::integral T>
std::string_view write_number(T value, NumberBuffer& buffer) {
  const auto end = std::to_chars(buffer.data, buffer.data + sizeof buffer.data, value).ptr;
  return {buffer.data, static_cast<std::size_t>(end - buffer.data)};
}

/// Milliseconds as seconds with three decimals: 1234 is `1.234`. Negative values count as 0.
inline std::string_view write_seconds(std::int64_t milliseconds, NumberBuffer& buffer) {
  if (milliseconds < 0) milliseconds = 0;
  char* end = std::to_chars(buffer.data, buffer.data + sizeof buffer.data, milliseconds / 1000).ptr;
  const auto rest = static_cast<int>(milliseconds % 1000);
  *end++ = '.';
  *end++ = static_cast<char>('0' + rest / 100);
  *end++ = static_cast<char>('0' + rest / 10 % 10);
  *end++ = static_cast<char>('0' + rest % 10);
  return {buffer.data, static_cast<std::size_t>(end - buffer.data)};
}

template <std::integral T>
void append_number(T value, std::string& out) {
  NumberBuffer buffer;
  out.append(write_number(value, buffer));
}

/// A size of nginx's syntax: digits with an optional k, m or g (any case). False when it is none, or too large.
bool parse_size(std::string_view text, std::uint64_t& size);

}  // namespace drishti::context
