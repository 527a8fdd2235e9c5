#include "upstream/ip_hash.hpp"

namespace drishti::upstream {
namespace {

// The bytes that are hashed; a unix client counts as 0.0.0.
std::string_view hashed_bytes(const SocketAddress* client) {
  static constexpr std::string_view nobody("\0\0\0", 3);
  if (client == nullptr) return nobody;
  const std::string_view ip = client->binary_ip();
  if (ip.empty()) return nobody;
  return ip.size() == 4 ? ip.substr(0, 3) : ip;
}

}  // namespace

std::size_t IpHash::choose(PickRequest& request, Range range) {
  const std::string_view bytes = hashed_bytes(request.client);
  while (!range.is_backups && !line_.empty() && request.misses <= max_misses) {
    std::uint64_t hash = request.rehashes++ == 0 ? 89 : request.hash;
    for (const char byte : bytes) hash = (hash * 113 + static_cast<unsigned char>(byte)) % 6271;
    request.hash = hash;
    const std::size_t index = line_.at(hash);
    if (eligible(request, index)) return index;
    ++request.misses;
  }
  return round_robin(request, range);
}

}  // namespace drishti::upstream
