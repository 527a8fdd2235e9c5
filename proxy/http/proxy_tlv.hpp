#pragma once
// Type-length-value fields of a PROXY header, version 2. Internal to proxy_header.

#include <cstdint>
#include <string_view>

namespace drishti::http {

namespace tlv_type {
inline constexpr std::uint8_t crc32c = 0x03, unique_id = 0x05, ssl = 0x20;
}

inline constexpr std::size_t ssl_tlv_head = 5;  ///< client flags and verify, in front of the TLVs in it

inline std::uint8_t byte_at(std::string_view bytes, std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); }
inline std::size_t number16(std::string_view bytes, std::size_t at) {
  return static_cast<std::size_t>(byte_at(bytes, at)) << 8 | byte_at(bytes, at + 1);
}
inline std::uint32_t number32(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint32_t>(number16(bytes, at) << 16 | number16(bytes, at + 2));
}

/// Goes through FIELDS one by one.
class TlvWalk {
 public:
  explicit TlvWalk(std::string_view fields) : rest_(fields) {}
  /// False at the end, and when a length is wrong: then is_broken().
  bool next() {
    if (rest_.empty()) return false;
    const std::size_t length = rest_.size() < 3 ? 0 : number16(rest_, 1);
    is_broken_ = rest_.size() < 3 || rest_.size() - 3 < length;
    if (is_broken_) return false;
    type_ = byte_at(rest_, 0);
    value_ = rest_.substr(3, length);
    rest_.remove_prefix(3 + length);
    return true;
  }
  bool is_broken() const { return is_broken_; }
  std::uint8_t type() const { return type_; }
  std::string_view value() const { return value_; }

 private:
  std::string_view rest_, value_;
  std::uint8_t type_ = 0;
  bool is_broken_ = false;
};

}  // namespace drishti::http
