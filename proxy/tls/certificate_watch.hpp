#pragma once
// Sees when files of servers with ssl_certificate_watch change. Asked every second on the control thread: looking at a few
// files is cheap, and works on every file system, through symbolic links and renamed directories.

#include <cstdint>
#include <map>
#include <string>

#include "conf/config.hpp"

namespace drishti::tls {

/// The files that CONTEXT of a server is made of, without those whose paths hold variables.
std::vector<std::string> files_of(const conf::SslSettings& settings);

class CertificateWatch {
 public:
  /// From now on the files of CONFIG; as they are now counts as known.
  void follow(const conf::Config& config);
  bool is_empty() const { return known_.empty(); }
  /// True when files are others than those known, and were the same a call ago: a file that is being written, or a pair of
  /// which one half is new, gets this time to become whole. What is seen then is known.
  bool changed();

 private:
  /// What tells a file from another: who it is, how large, when written.
  struct Mark {
    std::uint64_t device = 0, inode = 0, size = 0;
    std::int64_t seconds = 0, nanoseconds = 0;
    bool operator==(const Mark&) const = default;
  };
  using Marks = std::map<std::string, Mark>;
  static Mark mark_of(const std::string& path);
  Marks now() const;

  Marks known_, last_;
};

}  // namespace drishti::tls
