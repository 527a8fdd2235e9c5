#pragma once
// What is counted of a request once it was answered. Worker thread.

#include "context/request_context.hpp"
#include "metrics/traffic.hpp"

namespace drishti::request {

/// This worker's counters of a configuration, by the numbers of conf::Server and conf::Location.
struct RequestCounters {
  std::vector<metrics::ServerMetrics*> servers;
  std::vector<metrics::LocationMetrics*> locations;
};

/// ANSWERING: the location that the request is counted at. Only numbers of the configuration choose a counter, so that
/// nothing a client sends makes a new one.
void count_request(const RequestCounters& counters, const context::RequestContext& context,
                   const conf::Location& answering);

}  // namespace drishti::request
