#pragma once
// root, alias, index, try_files and the answers for files: ETag, Last-Modified, conditions, ranges.
// A path never leaves its root by its text: `..` segments and NUL are refused, whatever variables brought them in.
// Symbolic links are followed wherever they point, as nginx does (disable_symlinks off).

#include <sys/types.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "conf/config.hpp"
#include "context/request_context.hpp"

namespace drishti::filters {

/// An open file; closes itself.
class OpenFile {
 public:
  OpenFile() = default;
  explicit OpenFile(int fd) : fd_(fd) {}
  OpenFile(OpenFile&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  OpenFile& operator=(OpenFile&& other) noexcept;
  ~OpenFile();
  int fd() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// One piece of a file answer: some text (multipart boundaries), then a part of the file.
struct FilePart {
  std::string_view preamble;  ///< in the request's arena
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

struct StaticResult {
  enum class Action : std::uint8_t {
    send,       ///< context.response is filled (200, 206, 304); send `parts` of `file`, then `epilogue`
    relocate,   ///< index or try_files: internal redirect, context.uri is set
    named,      ///< try_files fell back to the named location `target`
    redirect,   ///< 301 to `target` (directory without trailing slash), not yet absolute
    error,      ///< `status`: 403, 404, 405, 412, 416 (whose Content-Range waits in context.response), 500
    go_on,      ///< try_files found its file: context.uri is set, go on with the content handler of this location
  };
  Action action = Action::error;
  int status = 0;
  std::string_view target;
  OpenFile file;
  std::vector<FilePart> parts;
  std::string_view epilogue;  ///< closing boundary of a multipart answer
};

/// Whether the file is the page of an error_page with a status of its own, to which conditions and ranges do not apply.
inline bool fixes_status(const context::RequestContext& context) {
  return context.error_status > 0 && context.error_status != 200;
}

/// The content handler of a location without proxy_pass: index for URIs ending in /, else the file. For a page of
/// error_page (fixes_status()) conditions and ranges are not looked at. Blocks on the file system.
StaticResult serve_static(context::RequestContext& context);

/// The try_files phase of context.location (which has one).
StaticResult run_try_files(context::RequestContext& context);

}  // namespace drishti::filters
