#pragma once
// START HERE. The life of a request, from its parsed head to its log line: server, rewrite, location, limits, content,
// error pages, in nginx's order. One a worker.

#include "compress/coder_pool.hpp"
#include "context/request_context.hpp"
#include "http/head_parser.hpp"
#include "net/task.hpp"
#include "request/client_stream.hpp"
#include "request/dynamic_upstreams.hpp"
#include "request/outcome.hpp"
#include "request/worker_services.hpp"

namespace drishti::request {

class RequestHandler {
 public:
  RequestHandler(WorkerServices& services, unsigned worker_index)
      : services_(services), dynamic_(services, worker_index) {}

  /// Answers one request. `context` holds the parsed head and its connection; `servers` are those behind its address.
  net::Task<void> handle(context::RequestContext& context, ClientStream& client, Generation& generation, const routing::ServerTable& servers);

  /// Answers a request whose head was refused: the status by the reject table, then the connection closes.
  net::Task<void> refuse(http::Reject reject, context::RequestContext& context, ClientStream& client,
                         Generation& generation, const routing::ServerTable& servers);
  /// The same for a head that did not come in time (408).
  net::Task<void> refuse_status(int status, context::RequestContext& context, ClientStream& client,
                                Generation& generation, const routing::ServerTable& servers);

 private:
  struct Run;
  WorkerServices& services_;
  DynamicUpstreams dynamic_;
  compress::CoderPool coders_;
};

}  // namespace drishti::request
