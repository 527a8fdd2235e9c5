#include "cache/redis/keys.hpp"

#include <charconv>

namespace drishti::cache::redis {
namespace {

constexpr std::size_t hex_size = 16;

std::optional<std::uint64_t> hex_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::string hex_of(std::uint64_t number) {
  std::string out(hex_size, '0');
  for (std::size_t i = hex_size; number != 0; number >>= 4) out[--i] = "0123456789abcdef"[number & 15];
  return out;
}

Keys::Keys(std::string_view prefix, std::string_view zone)
    : base_(std::string(prefix) + std::string(zone) + ":"),
      bans_(base_ + "bans:{" + std::string(zone) + "}"),
      ban_number_(bans_ + ":number") {}

std::string Keys::hashed(char kind, const KeyHash& hash) const {
  std::string name = base_;
  name += kind;
  name += ":{";
  name += hex_of(hash.high);
  name += hex_of(hash.low);
  name += '}';
  return name;
}

std::string Keys::block(const KeyHash& hash, std::uint64_t token, std::uint32_t number) const {
  return hashed('b', hash) + ":" + hex_of(token) + ":" + std::to_string(number);
}

std::vector<std::string> Keys::tracked() const { return {base_ + "e:", base_ + "l:", bans_}; }

std::optional<KeyHash> Keys::hash_in(std::string_view name) const {
  const std::size_t begin = base_.size() + 3;  // `e:{`
  if (name.size() != begin + 2 * hex_size + 1 || !name.starts_with(base_)) return std::nullopt;
  if (const char kind = name[base_.size()]; kind != 'e' && kind != 'l') return std::nullopt;
  const auto high = hex_number(name.substr(begin, hex_size));
  const auto low = hex_number(name.substr(begin + hex_size, hex_size));
  if (!high || !low) return std::nullopt;
  return KeyHash{*high, *low};
}

}  // namespace drishti::cache::redis
