#pragma once
// The file that names the running process. Written once every socket accepts, removed by the destructor.

#include <sys/types.h>

#include <string>

namespace drishti::server {

class PidFile {
 public:
  PidFile() = default;
  ~PidFile() { remove(); }
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;

  /// Writes this process's id to PATH (mode 0644). Throws std::runtime_error: `open() "PATH" failed (13: ...)`.
  void write(const std::string& path);
  /// A reload changed the path: the new file is written before the old one goes.
  void move_to(const std::string& path);
  void remove();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  pid_t owner_ = 0;  ///< a forked child must not remove its parent's file
};

/// Whether PATH could be written, as `nginx -t` checks; an existing file is left as it is, a file made for the check is
/// removed again (nginx leaves it empty, and a later `-s` stumbles over it). Throws like PidFile::write.
void check_pid_path(const std::string& path);

/// The id in the file at PATH. Throws std::runtime_error with nginx's words when it can't be read or holds no number.
pid_t read_pid(const std::string& path);

}  // namespace drishti::server
