#include "filters/open_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "context/number_text.hpp"
#include "context/scratch.hpp"

namespace drishti::filters {

OpenFile& OpenFile::operator=(OpenFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

OpenFile::~OpenFile() {
  if (fd_ >= 0) ::close(fd_);
}

bool is_suspicious(std::string_view path) {
  if (path.find('\0') != path.npos) return true;
  for (std::size_t at = path.find(".."); at != path.npos; at = path.find("..", at + 1)) {
    const bool starts_segment = at == 0 || path[at - 1] == '/';
    const bool ends_segment = at + 2 == path.size() || path[at + 2] == '/';
    if (starts_segment && ends_segment) return true;
  }
  return false;
}

OpenResult open_file(std::string_view path) {
  OpenResult result;
  const int fd = ::open(path.data(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) {
    result.error = errno;
    return result;
  }
  result.file = OpenFile(fd);
  if (::fstat(fd, &result.info) != 0) result.error = errno;
  return result;
}

int stat_path(std::string_view path, struct stat& info) { return ::stat(path.data(), &info) == 0 ? 0 : errno; }

int status_for_error(int error, std::string_view call, std::string_view path, context::RequestContext& context) {
  const bool is_missing = error == ENOENT || error == ENOTDIR || error == ENAMETOOLONG;
  const bool is_forbidden = error == EACCES || error == EPERM || error == ELOOP;
  if (!is_missing || *context.location->core.log_not_found) {
    context::Scratch message(context);
    char text[128];
    message.text.append(call).append("() \"").append(path).append("\" failed (");
    context::append_number(error, message.text);
    message.text.append(": ").append(::strerror_r(error, text, sizeof text)).append(")");
    context.log_error(is_missing || is_forbidden ? conf::LogLevel::error : conf::LogLevel::crit, message.text);
  }
  return is_missing ? 404 : is_forbidden ? 403 : 500;
}

}  // namespace drishti::filters
