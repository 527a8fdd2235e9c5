#pragma once
// Lines of a message head within limits. RFC 9112 2.2.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/reject.hpp"

namespace drishti::http {

/// Finds the next line of a head. The scan of an unfinished line goes on where it stopped.
class LineScanner {
 public:
  enum class Result : std::uint8_t { line, need_more, rejected };

  /// `line` bytes a line with CRLF, `total` bytes in all.
  void start(std::size_t line, std::size_t total) {
    line_limit_ = line;
    total_limit_ = total;
    position_ = scanned_ = 0;
  }
  /// On `line` position() is behind its CRLF. TOO_LONG is the reason given for a line over the limit.
  Result next(std::string_view buffer, Reject too_long, std::string_view& line, Reject& reject);
  /// Bytes used up by whole lines.
  std::size_t position() const { return position_; }

 private:
  Result unfinished(std::string_view buffer, std::size_t window, std::size_t stop, Reject too_long, Reject& reject);

  std::size_t line_limit_ = 0;
  std::size_t total_limit_ = 0;
  std::size_t position_ = 0;  ///< behind the last line
  std::size_t scanned_ = 0;   ///< bytes known to be free of controls
};

}  // namespace drishti::http
