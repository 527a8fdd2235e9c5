#pragma once
// What the TLS settings of the chosen server say about a request.

#include <optional>

#include "context/request_context.hpp"
#include "request/outcome.hpp"

namespace drishti::request {

/// 497 for a request without TLS where there should be, 421 when the connection was made under the rules of another server,
/// 425 for a request in early data that is not safe to be repeated, 495 and 496 for the client's certificate. Nothing: go on.
std::optional<Outcome> check_tls(context::RequestContext& context);

}  // namespace drishti::request
