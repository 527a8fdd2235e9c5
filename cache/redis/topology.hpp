#pragma once
// Which master serves which slots, as CLUSTER SLOTS tells it, and what MOVED and ASK say about one slot.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "cache/redis/redis_url.hpp"
#include "cache/redis/reply.hpp"
#include "cache/redis/slot.hpp"

namespace drishti::cache::redis {

struct Topology {
  static constexpr std::size_t most_masters = 1000;
  std::vector<Node> masters;
  /// Index of the master of each slot; -1: nobody's.
  std::vector<std::int16_t> owner = std::vector<std::int16_t>(slot_count, -1);

  /// Of what CLUSTER SLOTS answered; a node without an address is FROM. Nothing when it is malformed or names no master.
  static std::optional<Topology> read(const Reply& reply, const Node& from);
};

struct Redirection {
  bool is_ask = false;   ///< ASK: this once; else MOVED: from now on
  std::uint16_t slot = 0;
  Node node;
};

/// `MOVED 3999 127.0.0.1:6381`, `ASK ...`; a node without a host is at FROM's.
std::optional<Redirection> redirection_in(std::string_view error, const Node& from);

}  // namespace drishti::cache::redis
