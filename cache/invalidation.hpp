#pragma once
// What an answer to an unsafe method makes invalid. RFC 9111 4.4.

#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace drishti::cache {

/// The target URI of a request, as the client named it.
struct TargetUri {
  std::string_view scheme;  ///< http or https
  std::string_view host;    ///< without port
  std::string_view port;    ///< "": the scheme's own
  std::string_view target;  ///< origin-form: path and query, raw
};

/// Whether METHOD may have changed the resource: anything but GET, HEAD, OPTIONS, TRACE, CONNECT and PROPFIND.
bool is_unsafe(http::Method method);

/// The request targets (origin-form, of the same scheme, host and port) whose stored responses are to be dropped: the
/// target's own, and those of Location and Content-Location when they are of the same origin. Empty after an error (4xx,
/// 5xx) or a safe method. At most 3, each once.
std::vector<std::string> invalidated_targets(http::Method method, const TargetUri& target,
                                             const http::ResponseHead& response);

}  // namespace drishti::cache
