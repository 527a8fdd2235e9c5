#pragma once
// Entity tags. RFC 9110 8.8.3 and 13.1.

#include <string_view>

namespace drishti::http {

enum class EtagComparison : bool {
  weak,   ///< If-None-Match: `W/` makes no difference
  strong  ///< If-Match, If-Range: both must be without `W/`
};

/// Whether TEXT is `"..."` or `W/"..."`.
bool is_etag(std::string_view text);

/// Whether two entity tags are the same. False when one is not well-formed.
bool etag_equal(std::string_view a, std::string_view b, EtagComparison comparison);

/// Whether the value of If-None-Match or If-Match names ETAG: it is `*`, or the tag is in its list. A malformed
/// element ends the list. ETAG is what the selected representation has; call with "" only for "has none".
bool etag_in_list(std::string_view list, std::string_view etag, EtagComparison comparison);

}  // namespace drishti::http
