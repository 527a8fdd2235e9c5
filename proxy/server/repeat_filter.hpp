#pragma once
// Keeps a flood of alike messages out of the error log (X10): after `limit` of them in a second the rest is counted.

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.hpp"

namespace drishti::server {

class RepeatFilter {
 public:
  static constexpr std::uint32_t limit = 100;  ///< alike messages a second that are written

  /// What to write instead of messages that were held back.
  struct Summary {
    conf::LogLevel level = conf::LogLevel::error;
    std::string text;  ///< `MESSAGE ... repeated 37 times`
  };

  /// Whether the message is to be written. Messages are alike when level and text up to ", client: " are equal.
  /// `summary` is set when an earlier flood in the same place has ended. Any thread.
  bool admit(conf::LogLevel level, std::string_view message, std::int64_t second, std::optional<Summary>& summary);
  /// The floods that ended before SECOND. Any thread.
  std::vector<Summary> ended(std::int64_t second);

 private:
  struct Slot {
    std::size_t hash = 0;
    std::int64_t second = -1;
    std::uint32_t count = 0;
    conf::LogLevel level = conf::LogLevel::error;
    std::string text;
  };
  static std::optional<Summary> finish(Slot& slot);

  std::mutex mutex_;
  std::array<Slot, 64> slots_;
};

}  // namespace drishti::server
