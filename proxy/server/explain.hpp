#pragma once
// `drishti explain`: what would happen to a request, from the same router and filters that serve it; nothing is sent.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "conf/config.hpp"

namespace drishti::server {

struct ExplainedRequest {
  std::string method = "GET";
  std::string url;  ///< `http://host[:port]/path?args`, or a path alone (then Host comes from `headers`)
  std::vector<std::pair<std::string, std::string>> headers;
};

/// A text for people: the server and location with file:line and the rule that chose them, rewrites, the answer or the
/// upstream group, the request sent to it, and what is retried. Throws UsageError for a URL that can't be
/// explained (`https`, no server on its port).
std::string explain(std::shared_ptr<const conf::Config> config, const ExplainedRequest& request);

}  // namespace drishti::server
