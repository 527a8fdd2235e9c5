#include "server/pid_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <stdexcept>

#include "net/os_error.hpp"

namespace drishti::server {
namespace {

/// A descriptor that closes itself.
struct Descriptor {
  explicit Descriptor(int the_fd) : fd(the_fd) {}
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int fd;
};

}  // namespace

void PidFile::write(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (file.fd < 0) throw std::runtime_error(net::failed("open()", path, errno));
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::write(file.fd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw std::runtime_error(net::failed("write()", path, errno));
  }
  path_ = path;
  owner_ = ::getpid();
}

void PidFile::move_to(const std::string& path) {
  if (path == path_) return;
  const std::string old = path_;
  write(path);
  if (!old.empty()) ::unlink(old.c_str());
}

void PidFile::remove() {
  if (!path_.empty() && owner_ == ::getpid()) ::unlink(path_.c_str());
  path_.clear();
}

void check_pid_path(const std::string& path) {
  const Descriptor created(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (created.fd >= 0) {
    ::unlink(path.c_str());
    return;
  }
  const Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (file.fd < 0) throw std::runtime_error(net::failed("open()", path, errno));
}

pid_t read_pid(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd < 0) throw std::runtime_error(net::failed("open()", path, errno));
  char buffer[32];
  const ssize_t size = ::read(file.fd, buffer, sizeof buffer);
  if (size < 0) throw std::runtime_error(net::failed("read()", path, errno));
  std::string text(buffer, static_cast<std::size_t>(size));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (error != std::errc() || end != text.data() + text.size() || pid <= 0) {
    throw std::runtime_error("invalid PID number \"" + text + "\" in \"" + path + "\"");
  }
  return pid;
}

}  // namespace drishti::server
