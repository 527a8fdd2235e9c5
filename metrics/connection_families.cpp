#include "metrics/connection_families.hpp"

#include "metrics/family.hpp"

namespace drishti::metrics {
namespace {

using Families = std::vector<prometheus::MetricFamily>;
using Workers = std::span<const WorkerMetrics* const>;

void add_own_names(Families& families, const ConnectionTotals& totals) {
  families.push_back(Family::counter("drishti_connections_accepted_total", "Client connections accepted.")
                         .add({}, totals.accepted).take());
  families.push_back(Family::gauge("drishti_connections_open", "Client connections by what they do now.")
                         .add({{"state", "reading"}}, totals.reading)
                         .add({{"state", "waiting"}}, totals.waiting())
                         .add({{"state", "writing"}}, totals.writing).take());
}

template <class Read>
std::uint64_t total(Workers workers, Read read) {
  std::uint64_t sum = 0;
  for (const WorkerMetrics* worker : workers) sum += read(*worker);
  return sum;
}

void add_proxy_headers(Families& families, Workers workers) {
  Family refused = Family::counter("drishti_proxy_protocol_refused_total",
                                   "Connections closed because of their PROXY header, or of who sent it.");
  for (std::size_t i = 0; i < proxy_header_fault_names.size(); ++i)
    refused.add({{"reason", std::string(proxy_header_fault_names[i])}},
                total(workers, [&](const WorkerMetrics& worker) { return worker.proxy_headers_refused[i].value(); }));
  families.push_back(refused.take());
}

void add_tunnels(Families& families, Workers workers) {
  Family closed = Family::counter("drishti_tunnels_closed_total", "Tunnels that ended, by who or what ended them.");
  std::uint64_t ended = 0;  // read before those that were opened: the difference is never negative
  for (std::size_t i = 0; i < tunnel_end_names.size(); ++i) {
    const auto count = total(workers, [&](const WorkerMetrics& worker) { return worker.tunnels_closed[i].value(); });
    closed.add({{"reason", std::string(tunnel_end_names[i])}}, count);
    ended += count;
  }
  const auto opened = total(workers, [](const WorkerMetrics& worker) { return worker.tunnels_opened.value(); });
  families.push_back(Family::gauge("drishti_tunnels_open", "Connections that carry another protocol, as WebSocket.")
                         .add({}, opened - ended).take());
  families.push_back(closed.take());
  families.push_back(
      Family::counter("drishti_tunnel_bytes_total", "Bytes that tunnels carried from and to clients.")
          .add({{"direction", "received"}}, total(workers, [](const WorkerMetrics& w) { return w.tunnel_bytes_received.value(); }))
          .add({{"direction", "sent"}}, total(workers, [](const WorkerMetrics& w) { return w.tunnel_bytes_sent.value(); }))
          .take());
}

// The names of nginx-prometheus-exporter, so that dashboards made for it go on working. `accepted` and `handled` are
// counters there without `_total`, which is against the conventions: untyped here, and rate() takes them all the same.
void add_exporter_names(Families& families, const ConnectionTotals& totals) {
  auto gauge = [&](const char* name, const char* help, std::uint64_t value) {
    families.push_back(Family::gauge(name, help).add({}, value).take());
  };
  gauge("nginx_up", "Always 1: this page was served.", 1);
  families.push_back(Family::untyped("nginx_connections_accepted", "Accepted client connections, counted up.")
                         .add({}, totals.accepted).take());
  families.push_back(Family::untyped("nginx_connections_handled", "Handled client connections, counted up.")
                         .add({}, totals.accepted).take());
  gauge("nginx_connections_active", "Open client connections.", totals.active);
  gauge("nginx_connections_reading", "Connections whose request head is being read.", totals.reading);
  gauge("nginx_connections_writing", "Connections whose request is being answered.", totals.writing);
  gauge("nginx_connections_waiting", "Connections kept open between requests.", totals.waiting());
  families.push_back(Family::counter("nginx_http_requests_total", "Requests that began.")
                         .add({}, totals.requests).take());
}

void add_workers(Families& families, Workers workers) {
  Family busy = Family::counter("drishti_worker_busy_seconds_total",
                                "Time that a worker was at work, not waiting: its rate is the busy ratio.");
  Family pauses = Family::counter("drishti_worker_accept_pauses_total",
                                  "Times that a worker stopped accepting because descriptors or memory ran out.");
  for (std::size_t i = 0; i < workers.size(); ++i) {
    const Labels labels{{"worker", std::to_string(i)}};
    busy.add(labels, seconds(workers[i]->busy_ns.value()));
    pauses.add(labels, workers[i]->accept_pauses.value());
  }
  families.push_back(busy.take());
  families.push_back(pauses.take());
}

}  // namespace

Families connection_families(Workers workers) {
  const ConnectionTotals totals = connection_totals(workers);
  Families families;
  add_own_names(families, totals);
  add_proxy_headers(families, workers);
  add_tunnels(families, workers);
  add_workers(families, workers);
  add_exporter_names(families, totals);
  return families;
}

std::string stub_status_text(const ConnectionTotals& totals) {
  auto number = [](std::uint64_t value) { return std::to_string(value) + " "; };
  return "Active connections: " + number(totals.active) + "\nserver accepts handled requests\n " +
         number(totals.accepted) + number(totals.accepted) + number(totals.requests) + "\nReading: " +
         number(totals.reading) + "Writing: " + number(totals.writing) + "Waiting: " + number(totals.waiting()) + "\n";
}

}  // namespace drishti::metrics
