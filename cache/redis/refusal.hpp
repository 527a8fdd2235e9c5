#pragma once
// Error replies as the error log tells them: what is wrong at Redis, and what its operator has to do.

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "net/clock.hpp"
#include "net/error_log.hpp"

namespace drishti::cache::redis {

/// Of the reply only its first word and the name of a command: no other bytes of Redis go to the log.
std::string explain_refusal(std::string_view error_reply);

/// Commands of a zone that Redis refuses to all requests alike. Each reason is written once a minute, however many workers
/// meet it. Any thread.
class RefusalLog {
 public:
  explicit RefusalLog(std::string zone) : zone_(std::move(zone)) {}
  void report(net::ErrorLog& log, std::string_view error_reply, net::Clock::Steady now);

 private:
  const std::string zone_;
  std::mutex mutex_;
  std::map<std::string, net::Clock::Steady> written_;  ///< by explanation, of which there are few
};

}  // namespace drishti::cache::redis
