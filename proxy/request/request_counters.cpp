#include "request/request_counters.hpp"

#include "metrics/cache_metrics.hpp"

namespace drishti::request {
namespace {

std::size_t protocol_of(int version) { return version == 20 ? 2 : version == 11 ? 1 : 0; }

}  // namespace

void count_request(const RequestCounters& counters, const context::RequestContext& context,
                   const conf::Location& answering) {
  if constexpr (!metrics::recording) return;
  if (context.cache_counters) context.cache_counters->count(context.cache_status, context.bytes_sent);
  if (counters.servers.empty()) return;  // a configuration that nobody exports
  counters.locations[answering.number]->responses.add(context.response.status);
  metrics::ServerMetrics& server = *counters.servers[context.server->number];
  server.methods[static_cast<std::size_t>(context.head.method)].add();
  server.protocols[protocol_of(context.head.version)].add();
  server.request_bytes.add(context.request_length);
  server.response_bytes.add(context.bytes_sent);
  server.duration.observe(context.clock->now() - context.started_at);
}

}  // namespace drishti::request
