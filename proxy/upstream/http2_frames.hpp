#pragma once
// The heads of frames as they pass by (RFC 9113 4.1), also of those that a library swallows without a word.

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace drishti::upstream {

struct Http2FrameHead {
  std::uint32_t length = 0;
  std::uint8_t type = 0, flags = 0;
};

class Http2FrameScanner {
 public:
  /// Calls VISIT for each frame whose head ends in BYTES, until it says no; then false.
  template <class Visit>
  bool scan(std::string_view bytes, Visit visit) {
    while (!bytes.empty()) {
      const std::size_t skipped = std::min<std::size_t>(payload_left_, bytes.size());
      payload_left_ -= static_cast<std::uint32_t>(skipped);
      bytes.remove_prefix(skipped);
      const std::size_t size = std::min(head_.size() - head_size_, bytes.size());
      std::copy_n(bytes.data(), size, head_.begin() + static_cast<std::ptrdiff_t>(head_size_));
      head_size_ += size;
      bytes.remove_prefix(size);
      if (head_size_ < head_.size()) continue;
      head_size_ = 0;
      payload_left_ = byte(0) << 16 | byte(1) << 8 | byte(2);
      if (!visit(Http2FrameHead{payload_left_, static_cast<std::uint8_t>(byte(3)), static_cast<std::uint8_t>(byte(4))}))
        return false;
    }
    return true;
  }

 private:
  std::uint32_t byte(std::size_t at) const { return static_cast<unsigned char>(head_[at]); }
  std::array<char, 9> head_{};
  std::size_t head_size_ = 0;
  std::uint32_t payload_left_ = 0;
};

}  // namespace drishti::upstream
