#include "context/file_path.hpp"

#include <algorithm>

#include "context/scratch.hpp"
#include "context/variables.hpp"

namespace drishti::context {
std::string_view document_root(RequestContext& context) {
  const conf::Template& root = *context.location->core.root_template;
  const std::string_view path = evaluate(root, context);
  if (root.is_literal() || path.starts_with('/') || context.config == nullptr) return path;
  Scratch absolute(context);
  absolute.text.append(context.config->prefix).append(path);
  return absolute.keep();
}

AliasPrefix alias_prefix(const conf::Location& location) {
  if (!location.has_alias) return {};
  return {true, location.alias_prefix.empty(), location.alias_prefix.size()};
}

std::string_view file_path(std::string_view uri, RequestContext& context) {
  const AliasPrefix alias = alias_prefix(*context.location);
  Scratch path(context);
  path.text.append(document_root(context));
  if (!alias.names_whole_file) path.text.append(uri.substr(std::min(alias.length, uri.size())));
  path.text.push_back('\0');
  const std::string_view kept = path.keep();
  return kept.substr(0, kept.size() - 1);
}

}  // namespace drishti::context
