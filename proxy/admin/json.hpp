#pragma once
// JSON out of values of the program, and out of bodies of requests.

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "admin/message.hpp"

namespace drishti::admin {

namespace json = boost::json;

/// TEXT as a string of JSON: what is no UTF-8 becomes U+FFFD.
json::string text(std::string_view text);
/// Milliseconds since 1970 as seconds with a fraction; null for 0, which is never.
json::value seconds_since_1970(std::int64_t ms);

Response json_response(const json::value& value, int status = 200);

/// The body of a change: an object whose members are strings, numbers and booleans. Says what is wrong with it.
struct Body {
  json::object object;
  std::string error;  ///< "" when all is well

  static Body parse(std::string_view text);
  /// A string member; "" when it is missing.
  std::string string(std::string_view name) const;
  std::optional<std::int64_t> number(std::string_view name) const;
};

}  // namespace drishti::admin
