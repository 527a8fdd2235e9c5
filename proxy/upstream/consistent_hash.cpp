#include "upstream/consistent_hash.hpp"

#include <algorithm>

#include "upstream/crc32.hpp"

namespace drishti::upstream {
namespace {

constexpr int points_a_weight = 160;

struct HostPort {
  std::string_view host, port;
};

HostPort split(std::string_view server) {
  if (server.starts_with("unix:")) return {server.substr(5), {}};
  const std::size_t colon = server.find_last_not_of("0123456789");
  if (colon == std::string_view::npos || server[colon] != ':') return {server, {}};
  return {server.substr(0, colon), server.substr(colon + 1)};
}

}  // namespace

// crc32(HOST \0 PORT PREVIOUS_HASH), the previous hash as four little-endian bytes, 0 at first.
void ConsistentHash::add_points(const Peer& peer) {
  const HostPort name = split(peer.server_name);
  Crc32 base;
  base.update(name.host);
  base.update({"\0", 1});
  base.update(name.port);
  std::uint32_t previous = 0;
  for (int i = 0; i < peer.weight * points_a_weight; ++i) {
    const char bytes[4] = {static_cast<char>(previous), static_cast<char>(previous >> 8),
                           static_cast<char>(previous >> 16), static_cast<char>(previous >> 24)};
    Crc32 crc = base;
    crc.update({bytes, sizeof bytes});
    previous = crc.value();
    ring_.push_back({previous, peer.server_name});
  }
}

void ConsistentHash::membership_changed() {
  ring_.clear();
  for (std::size_t i = primaries().begin; i < primaries().end; ++i) {
    const Peer& peer = *slots()[i].peer;
    // Addresses of one name would only repeat its points.
    if (i == 0 || slots()[i - 1].peer->server_name != peer.server_name) add_points(peer);
  }
  std::ranges::stable_sort(ring_, {}, &Point::hash);
  const auto repeated = std::ranges::unique(ring_, {}, &Point::hash);
  ring_.erase(repeated.begin(), repeated.end());
}

std::size_t ConsistentHash::find(std::string_view key) const {
  Crc32 crc;
  crc.update(key);
  return static_cast<std::size_t>(std::ranges::lower_bound(ring_, crc.value(), {}, &Point::hash) - ring_.begin());
}

std::size_t ConsistentHash::choose(PickRequest& request, Range range) {
  if (request.hash_key.empty() || ring_.empty() || range.is_backups) return round_robin(request, range);
  if (request.rehashes++ == 0) request.hash = find(request.hash_key);
  while (request.misses <= max_misses) {
    const std::string_view server = ring_[request.hash % ring_.size()].server;
    const std::size_t index =
        weighted_step(request, range, [&](const Slot& slot) { return slot.peer->server_name == server; });
    if (index != none) return index;
    ++request.hash;
    ++request.misses;
  }
  return round_robin(request, range);
}

}  // namespace drishti::upstream
