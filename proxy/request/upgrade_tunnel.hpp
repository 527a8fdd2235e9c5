#pragma once
// The two-way tunnel behind a 101 (WebSocket and the like). Lives on across reloads.

#include "request/client_stream.hpp"
#include "request/worker_services.hpp"
#include "upstream/connection_pool.hpp"

namespace drishti::request {

/// Sends the 101 in context.response, then copies bytes both ways until both ends closed, nothing moved either
/// way for proxy_read_timeout, or one end took nothing for its send timeout (proxy_send_timeout, send_timeout).
net::Task<void> run_tunnel(WorkerServices& services, context::RequestContext& context, ClientStream& client,
                           upstream::UpstreamConnection& connection);

}  // namespace drishti::request
