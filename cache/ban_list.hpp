#pragma once
// What was purged by prefix, tag, or a URL whose key is not known. A ban has a number; it hits every response whose fetch began before the ban was known
// (StoredResponse::ban_number is smaller). Numbers come from one counter in Redis (or in this process without Redis), so
// that no clocks are compared. Bans may become known out of order: who knows number 7 began to fetch after the counter had
// passed 6 as well, and so sees what ban 6 was about. When there are too many, the oldest become "everything older": too
// much is purged, never too little. Immutable once made: a change makes a new list, which readers pick up through an
// atomic pointer.
//
// With the memory layer: publish the new list, then MemoryStore::remove_if(hits), and ask hits() before an insert. Since
// remove_if outdates every ticket, no banned response stands in L1 afterwards, and a hit there need not look at the list.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cache/stored_response.hpp"

namespace drishti::cache {

struct Ban {
  enum class Kind : std::uint8_t { prefix, tag, url };
  Kind kind = Kind::prefix;
  std::string text;          ///< how StoredResponse::url() begins ("": every url); a tag, or a url, exactly
  std::uint64_t number = 0;
  bool operator==(const Ban&) const = default;
};

class BanList {
 public:
  static constexpr std::size_t most = 1000;
  std::shared_ptr<const BanList> with(Ban ban) const;
  bool hits(const StoredResponse& response) const;
  /// The largest number of a ban that this list has or had; what a fetch that begins now carries.
  std::uint64_t newest() const;
  /// Responses with a smaller number are gone.
  std::uint64_t everything_before() const { return everything_before_; }
  /// By number, the newest last; at most one for each kind and text.
  const std::vector<Ban>& bans() const { return bans_; }

 private:
  void add(Ban ban);

  std::vector<Ban> bans_;
  std::uint64_t everything_before_ = 0;
};

}  // namespace drishti::cache
