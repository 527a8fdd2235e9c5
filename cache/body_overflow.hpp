#pragma once
// Where a body goes on that turned out too large to be kept, while others still read it.

#include <cstdint>
#include <string>
#include <string_view>

namespace drishti::cache {

/// One writer; any number of readers behind it, from any thread.
class BodyOverflow {
 public:
  virtual ~BodyOverflow() = default;
  /// DATA, which begins at byte OFFSET of the body. False: it takes no more.
  virtual bool write_at(std::uint64_t offset, std::string_view data) = 0;
  /// Fills TEXT from byte OFFSET on, all of which was written. False: it cannot be read.
  virtual bool read_at(std::uint64_t offset, std::string& text) const = 0;
};

}  // namespace drishti::cache
