#pragma once
// What was purged by prefix or tag. A ban has a number; it hits every response whose fetch began before the ban was known
// (StoredResponse::ban_number is smaller). Numbers come from one counter in Redis (or in this process without Redis), so
// that no clocks are compared. When there are too many, the oldest become "everything older": too much is purged, never
// too little. Immutable once made: a change makes a new list, which readers pick up through an atomic pointer.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cache/stored_response.hpp"

namespace drishti::cache {

struct Ban {
  enum class Kind : std::uint8_t { prefix, tag };
  Kind kind = Kind::prefix;
  std::string text;          ///< of the key text, or the tag
  std::uint64_t number = 0;
};

class BanList {
 public:
  static constexpr std::size_t most = 1000;
  std::shared_ptr<const BanList> with(Ban ban) const;
  bool hits(const StoredResponse& response) const;
  std::uint64_t newest() const;
  std::uint64_t everything_before() const;   ///< responses with a smaller number are gone
  const std::vector<Ban>& bans() const;
};

}  // namespace drishti::cache
