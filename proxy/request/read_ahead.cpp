#include "request/read_ahead.hpp"

#include <algorithm>
#include <cerrno>

namespace drishti::request {
namespace {

constexpr std::uint64_t file_piece = 64 << 10;

}  // namespace

ReadAhead::ReadAhead(const conf::ProxySettings& settings)
    : directory_(*settings.temp_path),
      memory_limit_(static_cast<std::size_t>(*settings.buffers_number) * *settings.buffers_size),
      file_limit_(*settings.max_temp_file_size) {}

std::uint64_t ReadAhead::room() const {
  const std::uint64_t file_room = file_limit_ - std::min(file_limit_, file_end_);
  if (file_bytes() > 0) return file_room;  // what comes now has to stand behind the file's bytes
  return memory_limit_ - std::min(memory_limit_, memory()) + file_room;
}

bool ReadAhead::append(std::string_view data) {
  const bool fits = file_bytes() == 0 && memory() + data.size() <= memory_limit_;
  if (!fits && file_limit_ > 0) {
    if (write_file(data)) return true;
    if (file_bytes() > 0) return false;
    file_limit_ = 0;  // a disk that does not work costs the read-ahead, not the response
  }
  back_.append(data);
  return true;
}

bool ReadAhead::write_file(std::string_view data) {
  if ((!file_.is_open() && !file_.open(directory_)) || !file_.write_at(file_end_, data)) {
    error_ = errno;
    return false;
  }
  file_end_ += data.size();
  return true;
}

std::string_view ReadAhead::front() {
  if (front_.empty()) std::swap(front_, back_);
  if (front_.empty() && file_bytes() > 0) {
    front_.resize(static_cast<std::size_t>(std::min(file_bytes(), file_piece)));
    if (!file_.read_at(file_begin_, front_)) {
      error_ = errno;
      front_.clear();
    }
    file_begin_ += front_.size();
    if (file_bytes() == 0) file_begin_ = file_end_ = 0;
  }
  return front_;
}

}  // namespace drishti::request
