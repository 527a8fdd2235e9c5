#pragma once
// Which variant a request gets. RFC 9111 4.1, RFC 9110 12.5.5.

#include <string>
#include <string_view>

#include "http/field.hpp"

namespace drishti::cache {

enum class VaryKind : std::uint8_t {
  none,     ///< one response for all
  fields,   ///< chosen by the fields named
  unusable  ///< `*`, malformed, or more names than we keep: no other request may get it
};

inline constexpr std::size_t most_vary_names = 16;
inline constexpr std::size_t longest_vary = 512;
inline constexpr std::size_t longest_variant = 8192;

/// The names of all Vary lines of a response, lower case, sorted, each once, joined by ", ", appended to NAMES.
VaryKind vary_names(const http::FieldList& response, std::string& names);

/// Appends the normalised values of the fields in NAMES (as vary_names() writes them), each with its length, so that two
/// requests give one text only when they select the same response. False when they are longer than we keep: a miss that
/// is not stored. Accept-Encoding: the codings with q>0, sorted; others: lines joined, whitespace around commas evened.
bool append_variant(std::string_view names, const http::FieldList& request, std::string& out);

}  // namespace drishti::cache
