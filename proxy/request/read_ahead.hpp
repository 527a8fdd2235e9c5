#pragma once
// What was read from an upstream and not yet taken by its client, first in first out: in memory up to proxy_buffers,
// beyond that in a temporary file up to proxy_max_temp_file_size.

#include <cstdint>
#include <string>
#include <string_view>

#include "conf/config.hpp"
#include "request/temporary_file.hpp"

namespace drishti::request {

class ReadAhead {
 public:
  explicit ReadAhead(const conf::ProxySettings& settings);

  /// How many bytes may be read now; 0: the client has to take some first. A file that has reached its limit makes no
  /// room before it is drained.
  std::uint64_t room() const;
  /// Takes DATA even beyond room(), which is for the caller to respect. False: the file can't be written. One that
  /// can't be used from the start is done without.
  bool append(std::string_view data);

  bool empty() const { return front_.empty() && back_.empty() && file_bytes() == 0; }
  /// The oldest bytes, valid until drop_front(); empty although !empty(): the file can't be read.
  std::string_view front();
  /// The bytes of front() were sent.
  void drop_front() { front_.clear(); }
  /// Nothing is behind the bytes of front().
  bool is_front_last() const { return back_.empty() && file_bytes() == 0; }
  /// errno of the file's last failure, or 0.
  int error() const { return error_; }
  /// The file was opened at some time.
  bool used_file() const { return file_.is_open(); }

 private:
  std::uint64_t file_bytes() const { return file_end_ - file_begin_; }
  std::size_t memory() const { return front_.size() + back_.size(); }
  bool write_file(std::string_view data);

  // In this order: what is being sent, what follows it, and then the file. Two strings, so that appending does not move
  // the bytes that a write is looking at.
  std::string front_;
  std::string back_;
  TemporaryFile file_;
  std::uint64_t file_begin_ = 0;
  std::uint64_t file_end_ = 0;
  const std::string& directory_;
  std::size_t memory_limit_;
  std::uint64_t file_limit_;
  int error_ = 0;
};

}  // namespace drishti::request
