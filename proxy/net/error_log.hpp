#pragma once
// The error log as the request path sees it. The server implements it (proxy/server/error_log): writing never blocks.

#include <cstdint>
#include <string_view>
#include <vector>

#include "conf/config.hpp"

namespace drishti::net {

class ErrorLog {
 public:
  virtual ~ErrorLog() = default;
  /// Whether a message of this level would be written anywhere; ask before building an expensive message.
  virtual bool enabled(conf::LogLevel level) const = 0;
  /// `connection` is nginx's *CID; 0 leaves it out. Any thread.
  virtual void write(conf::LogLevel level, std::uint64_t connection, std::string_view message) = 0;
  /// Writes to LOGS, the error_log of a location, instead of the program's own. Any thread.
  virtual void write_to([[maybe_unused]] const std::vector<conf::ErrorLog>& logs, conf::LogLevel level,
                        std::uint64_t connection, std::string_view message) {
    write(level, connection, message);
  }
};

}  // namespace drishti::net
