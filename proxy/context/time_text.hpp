#pragma once
// The texts of the current second, made once a second and thread.

#include <cstdint>
#include <string_view>

namespace drishti::context {

struct TimeText {
  std::string_view date;     ///< `Sun, 06 Nov 1994 08:49:37 GMT`: the Date field
  std::string_view local;    ///< `06/Nov/1994:08:49:37 +0000`: $time_local
  std::string_view iso8601;  ///< `1994-11-06T08:49:37+00:00`: $time_iso8601
};

/// The texts for this time; they change with the next call for another second on the same thread.
TimeText time_text(std::int64_t wall_ms);

}  // namespace drishti::context
