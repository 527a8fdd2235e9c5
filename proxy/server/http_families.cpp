// What is told of requests: a label's values come from the configuration or from a closed list, never from a client.
#include <set>

#include "http/message.hpp"
#include "http/reject.hpp"
#include "metrics/family.hpp"
#include "server/http2_flood.hpp"
#include "server/traffic_collector.hpp"

namespace drishti::server {

using metrics::CodeClasses;
using metrics::Family;
using metrics::Labels;
using metrics::ServerBlock;
using metrics::ServerMetrics;

namespace {

struct NamedMethod {
  http::Method method;
  std::string_view name;
};

/// RFC 9110 9 and PATCH; all others are `_OTHER`, as OpenTelemetry names them.
constexpr NamedMethod named_methods[] = {
    {http::Method::get, "GET"},         {http::Method::head, "HEAD"},       {http::Method::post, "POST"},
    {http::Method::put, "PUT"},         {http::Method::delete_, "DELETE"},  {http::Method::options, "OPTIONS"},
    {http::Method::patch, "PATCH"},     {http::Method::connect, "CONNECT"}, {http::Method::trace, "TRACE"}};

std::uint64_t count_of(const ServerBlock& block, std::size_t method) {
  return metrics::sum(block.workers, [&](const ServerMetrics& server) { return server.methods[method].value(); });
}

void add_methods(Family& family, const ServerBlock& block) {
  std::uint64_t others = 0;
  for (std::size_t i = 0; i < std::size(ServerMetrics{}.methods); ++i) others += count_of(block, i);
  for (const auto& [method, name] : named_methods) {
    const std::uint64_t count = count_of(block, static_cast<std::size_t>(method));
    family.add(metrics::with(block.labels, "method", name), count);
    others -= count;
  }
  family.add(metrics::with(block.labels, "method", "_OTHER"), others);
}

void add_protocols(Family& family, const ServerBlock& block) {
  static constexpr std::string_view names[] = {"HTTP/1.0", "HTTP/1.1", "HTTP/2.0"};
  for (std::size_t i = 0; i < std::size(names); ++i)
    family.add(metrics::with(block.labels, "protocol", names[i]),
               metrics::sum(block.workers, [&](const ServerMetrics& server) { return server.protocols[i].value(); }));
}

/// Blocks that several places share once only.
template <class T>
std::vector<const metrics::Block<T>*> distinct(const std::vector<std::shared_ptr<metrics::Block<T>>>& blocks) {
  std::vector<const metrics::Block<T>*> found;
  std::set<const void*> seen;
  for (const auto& block : blocks)
    if (seen.insert(block.get()).second) found.push_back(block.get());
  return found;
}

void add_locations(Families& families, const routing::SnapshotMetrics& counted) {
  Family requests = Family::counter("drishti_http_requests_total", "Requests answered, by the class of the status.");
  for (const auto* block : distinct(counted.locations))
    for (std::size_t i = 0; i < CodeClasses::size; ++i)
      requests.add(metrics::with(block->labels, "code", CodeClasses::names[i]),
                   metrics::sum(block->workers, [&](const auto& location) { return location.responses.value(i); }));
  families.push_back(requests.take());
}

}  // namespace

void add_http_families(Families& families, const routing::SnapshotMetrics& counted) {
  add_locations(families, counted);
  Family methods = Family::counter("drishti_http_requests_by_method_total", "Requests answered, by method.");
  Family protocols = Family::counter("drishti_http_requests_by_protocol_total", "Requests answered, by protocol.");
  Family received = Family::counter("drishti_http_request_bytes_total", "Bytes of requests: heads and bodies.");
  Family sent = Family::counter("drishti_http_response_bytes_total", "Bytes of responses: heads and bodies.");
  Family duration = Family::histogram("drishti_http_request_duration_seconds",
                                      "Time from the first byte of a request to the last one of its response.");
  for (const ServerBlock* block : distinct(counted.servers)) {
    add_methods(methods, *block);
    add_protocols(protocols, *block);
    received.add(block->labels, metrics::sum(block->workers, [](const auto& s) { return s.request_bytes.value(); }));
    sent.add(block->labels, metrics::sum(block->workers, [](const auto& s) { return s.response_bytes.value(); }));
    metrics::HistogramTotals totals;
    for (const ServerMetrics& server : block->workers.all()) totals.add(server.duration);
    duration.add(block->labels, totals);
  }
  for (Family* family : {&methods, &protocols, &received, &sent, &duration}) families.push_back(family->take());
}

void add_reject_family(Families& families, std::span<const metrics::WorkerMetrics* const> workers) {
  Family rejects = Family::counter("drishti_http_rejects_total", "Messages of clients that were refused as malformed.");
  for (std::size_t i = 1; i < http::reject_count; ++i) {
    std::uint64_t count = 0;
    for (const auto* worker : workers) count += worker->rejects_by_reason[i].value();
    rejects.add({{"reason", std::string(http::reject_name(static_cast<http::Reject>(i)))}}, count);
  }
  families.push_back(rejects.take());
}

void add_http2_family(Families& families, std::span<const metrics::WorkerMetrics* const> workers) {
  Family ended = Family::counter("drishti_http2_floods_total", "Connections of HTTP/2 that were ended for a flood.");
  for (std::size_t i = 1; i < http2_flood_names.size(); ++i) {
    std::uint64_t count = 0;
    for (const auto* worker : workers) count += worker->http2_floods[i].value();
    ended.add({{"reason", std::string(http2_flood_names[i])}}, count);
  }
  families.push_back(ended.take());
}

}  // namespace drishti::server
