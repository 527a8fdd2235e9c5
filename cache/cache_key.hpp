#pragma once
// The name of a stored response. RFC 9111 2: the primary key; RFC 9111 4.1: the variant.

#include <cstdint>
#include <string>
#include <string_view>

namespace drishti::cache {

/// 128 bits of XXH3 over the key text: where to look. The full text is compared before anything is answered, so that a
/// collision is a miss and never somebody else's answer.
struct KeyHash {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  bool operator==(const KeyHash&) const = default;
};

KeyHash hash_key(std::string_view text);

/// Appends PART with its length before it (`5:hello`), so that no two lists of parts give one text.
void append_key_part(std::string& text, std::string_view part);
/// What stands before a part of SIZE bytes, which the caller appends.
void append_key_part_size(std::string& text, std::size_t size);

/// The text under which a variant is stored: the primary key, the token of its Vary marker (a new one whenever the marker
/// is made anew, so that removing the marker removes all variants), and the normalised values of the selecting fields.
std::string variant_key(std::string_view primary, std::uint64_t marker_token, std::string_view variant);

}  // namespace drishti::cache
