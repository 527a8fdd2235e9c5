#include "filters/static_files.hpp"

#include "context/file_path.hpp"
#include "context/scratch.hpp"
#include "context/variables.hpp"
#include "filters/file_answer.hpp"
#include "filters/compression.hpp"
#include "filters/open_file.hpp"
#include "filters/precompressed.hpp"
#include "http/uri.hpp"

namespace drishti::filters {
namespace {

using context::RequestContext;
using context::Scratch;
using Action = StaticResult::Action;

StaticResult error(int status) {
  StaticResult result;
  result.status = status;
  return result;
}

StaticResult relocate(std::string_view uri, RequestContext& context) {
  context.uri = uri;
  StaticResult result;
  result.action = Action::relocate;
  return result;
}

void log_path(std::string_view before, std::string_view path, std::string_view after, RequestContext& context) {
  Scratch message(context);
  message.text.append(before).append(path).append(after);
  context.log_error(conf::LogLevel::error, message.text);
}

std::string_view join(std::string_view a, std::string_view b, RequestContext& context) {
  Scratch text(context);
  text.text.append(a).append(b);
  return text.keep();
}

/// The 301 that adds the slash to a directory's name.
StaticResult redirect_to_directory(RequestContext& context) {
  Scratch target(context);
  http::escape_uri(context.uri, target.text);
  target.text.push_back('/');
  if (!context.args.empty()) target.text.append("?").append(context.args);
  StaticResult result;
  result.action = Action::redirect;
  result.status = 301;
  result.target = target.keep();
  return result;
}

StaticResult serve_plain(std::string_view path, RequestContext& context) {
  OpenResult opened = open_file(path);
  if (opened.error != 0) return error(status_for_error(opened.error, "open", path, context));
  if (S_ISDIR(opened.info.st_mode)) return redirect_to_directory(context);
  if (!S_ISREG(opened.info.st_mode)) {
    log_path("\"", path, "\" is not a regular file", context);
    return error(404);
  }
  if (context.method == http::Method::post) return error(405);
  return answer_file(std::move(opened), context);
}

/// gzip_static and its like: the file beside PATH that suits the client, or that of PATH.
StaticResult serve_precompressed(std::string_view path, RequestContext& context) {
  PrecompressedFile found = find_precompressed(path, context);
  StaticResult result = found.opened.file ? answer_file(std::move(found.opened), context, http::coding_name(found.coding))
                                          : serve_plain(path, context);
  if (found.varies && result.action == Action::send) add_vary(context);
  return result;
}

StaticResult serve_file(RequestContext& context) {
  const std::string_view path = context::file_path(context.uri, context);
  if (is_suspicious(path)) {
    log_path("path \"", path, "\" leaves its root", context);
    return error(404);
  }
  const bool looks_beside = context.location->compression.has_precompressed() && context.method != http::Method::post;
  if (looks_beside) [[unlikely]] return serve_precompressed(path, context);
  return serve_plain(path, context);
}

/// Whether the directory itself can be looked into; else its status.
int directory_status(std::string_view path, RequestContext& context) {
  struct stat info {};
  const int failure = stat_path(path, info);
  if (failure != 0) return status_for_error(failure, "stat", path, context);
  return S_ISDIR(info.st_mode) ? 0 : 404;
}

StaticResult forbid_listing(std::string_view path, RequestContext& context) {
  log_path("directory index of \"", path, "\" is forbidden", context);
  return error(403);
}

/// ngx_http_index_module: the first index file that exists, by an internal redirect.
StaticResult serve_index(RequestContext& context) {
  const std::string_view directory = context::file_path(context.uri, context);
  if (is_suspicious(directory)) return error(404);
  bool directory_tested = false;
  for (const conf::Template& index : *context.location->core.index) {
    const std::string_view name = context::evaluate(index, context);
    if (name.starts_with('/')) return relocate(name, context);
    const std::string_view uri = join(context.uri, name, context);
    const std::string_view path = context::file_path(uri, context);
    struct stat info {};
    const int failure = is_suspicious(path) ? ENOENT : stat_path(path, info);
    if (failure == 0) return relocate(uri, context);
    if (failure != ENOENT) return error(status_for_error(failure, "stat", path, context));
    if (directory_tested) continue;
    if (const int status = directory_status(directory, context); status != 0) return error(status);
    directory_tested = true;
  }
  return forbid_listing(directory, context);
}

}  // namespace

StaticResult serve_static(RequestContext& context) {
  const http::Method method = context.method;
  if (method != http::Method::get && method != http::Method::head && method != http::Method::post) return error(405);
  if (context.uri.ends_with('/')) return serve_index(context);
  return serve_file(context);
}

}  // namespace drishti::filters
