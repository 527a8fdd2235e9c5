#include "cache/cache_key.hpp"

#include <xxhash.h>

#include <charconv>
#include <iterator>

namespace drishti::cache {
namespace {

void append_number(std::string& text, std::uint64_t number) {
  char digits[20];
  text.append(+digits, std::to_chars(digits, std::end(digits), number).ptr);
}

}  // namespace

KeyHash hash_key(std::string_view text) {
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return {hash.high64, hash.low64};
}

void append_key_part_size(std::string& text, std::size_t size) {
  append_number(text, size);
  text += ':';
}

void append_key_part(std::string& text, std::string_view part) {
  append_key_part_size(text, part.size());
  text += part;
}

std::string variant_key(std::string_view primary, std::uint64_t marker_token, std::string_view variant) {
  std::string text;
  text.reserve(primary.size() + variant.size() + 40);
  append_key_part(text, primary);
  append_number(text, marker_token);
  text += ':';
  append_key_part(text, variant);
  return text;
}

}  // namespace drishti::cache
