#include "upstream/hash.hpp"

#include <charconv>

#include "upstream/crc32.hpp"

namespace drishti::upstream {
namespace {

// ((crc32([REHASH] KEY) >> 16) & 0x7fff), REHASH omitted the first time.
std::uint64_t hash_once(std::string_view key, unsigned rehash) {
  Crc32 crc;
  if (rehash > 0) {
    char digits[12];
    const auto end = std::to_chars(digits, digits + sizeof digits, rehash).ptr;
    crc.update({digits, static_cast<std::size_t>(end - digits)});
  }
  crc.update(key);
  return (crc.value() >> 16) & 0x7fff;
}

}  // namespace

std::size_t Hash::choose(PickRequest& request, Range range) {
  while (!range.is_backups && !request.hash_key.empty() && !line_.empty() && request.misses <= max_misses) {
    request.hash += hash_once(request.hash_key, request.rehashes++);
    const std::size_t index = line_.at(request.hash);
    if (eligible(request, index)) return index;
    ++request.misses;
  }
  return round_robin(request, range);
}

}  // namespace drishti::upstream
