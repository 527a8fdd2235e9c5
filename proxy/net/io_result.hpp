#pragma once
// How an input or output ended.

#include <cstddef>
#include <cstdint>

namespace drishti::net {

enum class IoStatus : std::uint8_t { ok, eof, timeout, cancelled, failed };

struct [[nodiscard]] IoResult {
  IoStatus status = IoStatus::ok;
  int error = 0;          ///< errno when failed
  std::size_t bytes = 0;
  bool ok() const { return status == IoStatus::ok; }
};

}  // namespace drishti::net
