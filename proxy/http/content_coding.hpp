#pragma once
// The content codings that drishti can make (RFC 9110 8.4.1), and what a client accepts of them.

#include <array>
#include <cstdint>
#include <string_view>

#include "http/field.hpp"

namespace drishti::http {

enum class ContentCoding : std::uint8_t { identity, brotli, zstd, gzip };

/// Those that compress, the preferred one first.
inline constexpr std::array compressing_codings{ContentCoding::brotli, ContentCoding::zstd, ContentCoding::gzip};

/// As Content-Encoding has it.
constexpr std::string_view coding_name(ContentCoding coding) {
  constexpr std::string_view names[] = {"identity", "br", "zstd", "gzip"};
  return names[static_cast<std::size_t>(coding)];
}

/// What Accept-Encoding says (RFC 9110 12.5.3), strictly read: an element that is malformed is not acceptable, the lowest
/// weight counts of a coding that is named twice, and a list of more than 64 elements accepts nothing (threat H26).
class AcceptEncoding {
 public:
  static constexpr int most_elements = 64;

  AcceptEncoding() = default;  ///< no Accept-Encoding: nothing but identity is used
  explicit AcceptEncoding(const FieldList& request);
  /// One field value.
  explicit AcceptEncoding(std::string_view value);

  bool accepts(ContentCoding coding) const { return weight(coding) > 0; }
  /// In thousandths; 0: not acceptable.
  int weight(ContentCoding coding) const;
  /// Whether CODING is no worse to the client than the body as it is.
  bool prefers(ContentCoding coding) const;

 private:
  static constexpr int not_named = -1;
  void take(std::string_view value);
  void take_element(std::string_view element);
  int& place_of(std::string_view coding);
  void refuse_all();

  std::array<int, 4> weights_{not_named, not_named, not_named, not_named};  ///< by ContentCoding
  int any_ = not_named;                                                     ///< of `*`
  int unknown_ = not_named;                                                 ///< of a coding that is none of ours
  int elements_ = 0;
};

}  // namespace drishti::http
