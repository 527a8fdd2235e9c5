#pragma once
// What `metrics`, `stub_status` and `scaling_status` answer with.

#include "context/request_context.hpp"
#include "net/task.hpp"
#include "request/client_stream.hpp"
#include "request/outcome.hpp"
#include "request/worker_services.hpp"

namespace drishti::request {

/// Sends the page of the location in force; 405 for other methods than GET and HEAD.
net::Task<Outcome> send_status_page(WorkerServices& services, context::RequestContext& context, ClientStream& client);

}  // namespace drishti::request
