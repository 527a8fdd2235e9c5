#pragma once
// Real client addresses: set_real_ip_from, real_ip_header, real_ip_recursive (nginx's semantics; threat H23).

#include "context/request_context.hpp"

namespace drishti::filters {

/// Makes the address that a trusted peer tells of the client the request's own. A request that has one keeps it.
void take_real_ip(context::RequestContext& context);

}  // namespace drishti::filters
