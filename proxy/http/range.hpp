#pragma once
// The Range field. RFC 9110 14, with the decisions of nginx where the RFC leaves them open.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace drishti::http {

/// Bytes FIRST to LAST, both included; last < entity size.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t size() const { return last - first + 1; }
};

enum class RangeOutcome : std::uint8_t {
  ignored,        ///< answer with the whole entity: other unit, too many ranges, more bytes than the entity has
  unsatisfiable,  ///< 416 with `Content-Range: bytes */SIZE`: no range lies inside, or the value is malformed
  ranges          ///< 206 with the ranges found, in the order asked for
};

/// Parses a Range value against an entity of SIZE bytes. MAX_RANGES is nginx's `max_ranges` (0: ranges are off); it
/// bounds the ranges that lie inside the entity, those outside are left out. `out` is overwritten.
/// Together the ranges never exceed SIZE, so overlaps cannot multiply the answer (H25).
RangeOutcome parse_range(std::string_view value, std::uint64_t size, std::size_t max_ranges,
                         std::vector<ByteRange>& out);

}  // namespace drishti::http
