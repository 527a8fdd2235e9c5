#pragma once
// The file that a URI stands for: root + URI, or alias + the URI behind the location's prefix.

#include <string_view>

#include "context/request_context.hpp"

namespace drishti::context {

/// $document_root: the root or alias in force, absolute.
std::string_view document_root(RequestContext& context);

/// How alias cuts the URI. nginx: `alias` in a regular-expression location names the whole file.
struct AliasPrefix {
  bool is_alias = false;
  bool names_whole_file = false;
  std::size_t length = 0;  ///< of the location prefix that alias replaces
};
AliasPrefix alias_prefix(const conf::Location& location);

/// The path of URI in the location in force, NUL-terminated behind the view. In the request's arena.
std::string_view file_path(std::string_view uri, RequestContext& context);

}  // namespace drishti::context
