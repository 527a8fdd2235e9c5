#pragma once
// Who may do what on the admin listener. Answers attacks by way of an administrator's browser (threats O16, O17): DNS
// rebinding by the Host, cross-site requests by Origin, Sec-Fetch-Site and the media type.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/message.hpp"

namespace drishti::admin {

/// Immutable; a reload makes another one.
struct Access {
  std::string token;               ///< "": nobody may change anything
  std::vector<std::string> hosts;  ///< lower case
  bool is_local = true;            ///< only this machine reaches the listener: reading needs no token
};

enum class Kind {
  page,    ///< a file of the dashboard: tells nothing
  data,    ///< tells something, or changes something
};

/// The answer to a request that is not allowed; nullopt when it is.
std::optional<Response> refusal(const Request& request, const Access& access, Kind kind);

/// Takes the same time for every GIVEN of one length.
bool same_secret(std::string_view given, std::string_view secret);

/// The token in FILE, without the line end behind it. Throws std::runtime_error: not readable, too short, too long, or
/// with bytes that cannot stand in a field.
std::string read_token(const std::string& file);

}  // namespace drishti::admin
