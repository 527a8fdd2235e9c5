#pragma once
// Whether a response passes a health check. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "conf/config.hpp"
#include "http/message.hpp"

namespace drishti::upstream {

/// What did not pass, in the words of the error log.
struct Mismatch {
  std::string_view step;  ///< `while checking status code`
  std::string reason;     ///< `status 503`
};

/// MATCH null: the status has to be 200 to 399, as in nginx Plus.
std::optional<Mismatch> find_head_mismatch(const conf::HealthMatch* match, const http::ResponseHead& head);
/// BODY: its beginning.
std::optional<Mismatch> find_body_mismatch(const conf::HealthMatch& match, std::string_view body);

}  // namespace drishti::upstream
