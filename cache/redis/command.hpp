#pragma once
// Commands as Redis reads them: arrays of bulk strings, whose lengths come first, so that no value can be taken for syntax.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace drishti::cache::redis {

void append_command(std::string& out, std::span<const std::string_view> words);
/// Words are texts or Decimals. (Not an initializer_list: g++ 12 refuses those beside co_await.)
template <class... Words>
std::string command(const Words&... words) {
  const std::string_view all[] = {std::string_view(words)...};
  std::string out;
  append_command(out, all);
  return out;
}

/// NUMBER in decimal, for as long as the object lives.
class Decimal {
 public:
  explicit Decimal(std::uint64_t number);
  operator std::string_view() const { return {text_, size_}; }

 private:
  char text_[20];
  std::size_t size_;
};

}  // namespace drishti::cache::redis
