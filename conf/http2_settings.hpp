#pragma once
// What the http2_* directives say about connections.

#include <cstdint>

namespace drishti::conf {

struct Http2Limits {
  std::uint32_t most_streams = 128;
  std::uint32_t body_preread_size = 64 << 10;  ///< what a client may send of a body before it is read
};

}  // namespace drishti::conf
