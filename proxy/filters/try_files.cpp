#include "context/file_path.hpp"
#include "context/scratch.hpp"
#include "context/variables.hpp"
#include "filters/open_file.hpp"
#include "filters/static_files.hpp"

namespace drishti::filters {
namespace {

using context::AliasPrefix;
using context::RequestContext;
using context::Scratch;
using Action = StaticResult::Action;

/// A candidate as a URI and as a path of the file system.
struct Candidate {
  std::string_view uri;
  std::string_view path;  ///< NUL-terminated
  bool wants_directory = false;
};

/// With `alias` the candidate stands behind the location's prefix, which a `$uri` in it repeats.
Candidate make_candidate(const conf::Template& source, const AliasPrefix& alias, RequestContext& context) {
  Candidate candidate;
  std::string_view name = context::evaluate(source, context);
  candidate.wants_directory = source.source.ends_with('/');
  if (candidate.wants_directory && name.ends_with('/')) name.remove_suffix(1);
  const std::string_view prefix = context.uri.substr(0, std::min(alias.length, context.uri.size()));
  if (!prefix.empty() && name.starts_with(prefix)) name.remove_prefix(prefix.size());
  Scratch text(context);
  text.text.append(prefix).append(name);
  candidate.uri = text.keep();
  text.text.assign(context::document_root(context)).append(name).push_back('\0');
  candidate.path = text.keep();
  candidate.path.remove_suffix(1);
  return candidate;
}

bool exists(const Candidate& candidate) {
  struct stat info {};
  if (is_suspicious(candidate.path) || stat_path(candidate.path, info) != 0) return false;
  return S_ISDIR(info.st_mode) == candidate.wants_directory;
}

StaticResult fall_back(const conf::TryFiles& rule, RequestContext& context) {
  StaticResult result;
  result.status = rule.status;
  if (rule.status != 0) return result;
  const std::string_view uri = context::evaluate(rule.fallback, context);
  if (uri.starts_with('@')) {
    result.action = Action::named;
    result.target = uri;
    return result;
  }
  const std::size_t question = std::min(uri.find('?'), uri.size());
  context.uri = uri.substr(0, question);
  context.args = question == uri.size() ? std::string_view{} : uri.substr(question + 1);
  result.action = Action::relocate;
  return result;
}

}  // namespace

StaticResult run_try_files(RequestContext& context) {
  const conf::TryFiles& rule = *context.location->try_files;
  const AliasPrefix alias = context::alias_prefix(*context.location);
  for (const conf::Template& source : rule.candidates) {
    const Candidate candidate = make_candidate(source, alias, context);
    if (!exists(candidate)) continue;
    if (!alias.names_whole_file) context.uri = candidate.uri;
    StaticResult result;
    result.action = Action::go_on;
    return result;
  }
  return fall_back(rule, context);
}

}  // namespace drishti::filters
