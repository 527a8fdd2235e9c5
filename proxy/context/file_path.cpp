#include "context/file_path.hpp"

#include "context/scratch.hpp"
#include "context/variables.hpp"

namespace drishti::context {
namespace {

/// The location whose `alias` is in force: nested locations and `if` blocks inherit it from the enclosing one.
const conf::Location& defining_location(const conf::Location& location) {
  const conf::Location* found = &location;
  while (found->parent != nullptr && found->parent->has_alias &&
         found->parent->core.root_template->source == location.core.root_template->source) {
    found = found->parent;
  }
  return *found;
}

}  // namespace

std::string_view document_root(RequestContext& context) {
  const conf::CoreSettings& core = context.location->core;
  const std::string_view root = evaluate(*core.root_template, context);
  if (core.root_template->is_literal() || root.starts_with('/') || context.config == nullptr) return root;
  Scratch path(context);
  path.text.append(context.config->prefix).append(root);
  return path.keep();
}

AliasPrefix alias_prefix(const conf::Location& location) {
  if (!location.has_alias) return {};
  const conf::Location& definer = defining_location(location);
  if (definer.kind == conf::Location::Kind::regex) return {true, true, 0};
  return {true, false, definer.pattern.size()};
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
