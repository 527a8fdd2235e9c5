#include "request/temporary_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace drishti::request {

TemporaryFile::~TemporaryFile() {
  if (file_ >= 0) ::close(file_);
}

bool TemporaryFile::open(const std::string& configured) {
  std::string directory = configured.empty() ? "/tmp" : configured;
  file_ = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file_ >= 0) return true;
  std::string name = directory + "/drishti-body-XXXXXX";
  file_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (file_ >= 0) ::unlink(name.c_str());
  return file_ >= 0;
}

bool TemporaryFile::write_at(std::uint64_t offset, std::string_view data) const {
  while (!data.empty()) {
    ssize_t n = ::pwrite(file_, data.data(), data.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    data.remove_prefix(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return true;
}

bool TemporaryFile::read_at(std::uint64_t offset, std::string& text) const {
  for (std::size_t filled = 0; filled < text.size();) {
    ssize_t n = ::pread(file_, text.data() + filled, text.size() - filled, static_cast<off_t>(offset + filled));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    filled += static_cast<std::size_t>(n);
  }
  return true;
}

}  // namespace drishti::request
