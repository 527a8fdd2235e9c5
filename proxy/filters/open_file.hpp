#pragma once
// Paths of static files: looking and opening, with nginx's statuses for what goes wrong.

#include <sys/stat.h>

#include <string_view>

#include "context/request_context.hpp"
#include "filters/static_files.hpp"

namespace drishti::filters {

/// Whether PATH has a `..` segment or a NUL. Such a path is never opened: variables may have brought it in.
bool is_suspicious(std::string_view path);

struct OpenResult {
  OpenFile file;
  struct stat info {};
  int error = 0;  ///< errno; 0 = open
};
/// Opens PATH (NUL-terminated) for reading, without waiting for the other end of a pipe.
OpenResult open_file(std::string_view path);

/// As stat(2) follows links: 0, or errno. PATH is NUL-terminated.
int stat_path(std::string_view path, struct stat& info);

/// The status for a failed open: 404, 403 or 500; logged as nginx does (`open() "..." failed (2: No such file ...)`).
int status_for_error(int error, std::string_view call, std::string_view path, context::RequestContext& context);

}  // namespace drishti::filters
