#pragma once
// A file without a name for a body that does not fit into memory: nothing is left behind, whatever happens.

#include <cstdint>
#include <string>
#include <string_view>

namespace drishti::request {

class TemporaryFile {
 public:
  TemporaryFile() = default;
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile();

  /// In DIRECTORY, or in /tmp when that is empty. False: errno tells why.
  bool open(const std::string& directory);
  bool is_open() const { return file_ >= 0; }
  int descriptor() const { return file_; }
  /// All of DATA, from OFFSET on. False: errno tells why, and how much was written is unknown.
  bool write_at(std::uint64_t offset, std::string_view data) const;
  /// Fills TEXT from OFFSET on; false when the file can't be read or ends before.
  bool read_at(std::uint64_t offset, std::string& text) const;

 private:
  int file_ = -1;
};

}  // namespace drishti::request
