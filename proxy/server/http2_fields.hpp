#pragma once
// Fields on their way into a HEADERS frame. What they point at has to live until the frame is made.

#include <nghttp2/nghttp2.h>

#include <span>
#include <string_view>
#include <vector>

namespace drishti::server {

class Http2Fields {
 public:
  void clear() { fields_.clear(); }
  /// NAME in lower case.
  void add(std::string_view name, std::string_view value) {
    constexpr std::uint8_t uncopied = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;
    fields_.push_back({bytes_of(name), bytes_of(value), name.size(), value.size(), uncopied});
  }
  std::span<const nghttp2_nv> all() const { return fields_; }

 private:
  static std::uint8_t* bytes_of(std::string_view text) {
    return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));  // the library only reads
  }
  std::vector<nghttp2_nv> fields_;
};

}  // namespace drishti::server
