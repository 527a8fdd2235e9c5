// What is told of upstream groups; of their peers: peer_families.cpp.
#include "metrics/family.hpp"
#include "server/traffic_collector.hpp"

namespace drishti::server {

using metrics::CodeClasses;
using metrics::Family;
using metrics::Labels;
using metrics::UpstreamBlock;
using metrics::UpstreamMetrics;
using std::chrono::steady_clock;

namespace {

std::uint64_t nanoseconds(steady_clock::time_point time) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count());
}

/// The families of groups, filled group by group.
struct GroupFamilies {
  Family requests = Family::counter("drishti_upstream_requests_total",
                                    "Requests whose part at the upstream is over, by the class of what came of it.");
  Family active = Family::gauge("drishti_upstream_requests_active", "Requests in progress at the upstream.");
  Family busy = Family::counter("drishti_upstream_busy_seconds_total",
                                "Integral of the requests in progress: its rate is the mean concurrency.");
  Family duration = Family::histogram("drishti_upstream_request_duration_seconds",
                                      "Time a request was at the upstream, retries included.");
  Family connect = Family::histogram("drishti_upstream_connect_duration_seconds", "Time to open a connection.");
  Family first_byte = Family::histogram("drishti_upstream_first_byte_duration_seconds",
                                        "Time from the beginning of an attempt to its response head.");
  Family opened = Family::counter("drishti_upstream_connections_opened_total", "Connections opened.");
  Family reused = Family::counter("drishti_upstream_connections_reused_total", "Kept connections used again.");
  Family handshakes = Family::counter("drishti_upstream_tls_handshakes_total",
                                      "TLS handshakes with peers: full, resumed or failed.");
  Family retries = Family::counter("drishti_upstream_retries_total", "Requests sent once more, by cause.");
  Family refused = Family::counter("drishti_upstream_retries_refused_total",
                                   "Requests not sent once more because retry_budget was spent.");
  Family no_peer = Family::counter("drishti_upstream_no_live_peer_total", "Times that no peer could be chosen.");

  void add(const UpstreamBlock& block, std::uint64_t now);
  void add_histograms(const UpstreamBlock& block);
  void add_handshakes(const UpstreamBlock& block);
  void add_retries(const UpstreamBlock& block);
};

void GroupFamilies::add_histograms(const UpstreamBlock& block) {
  metrics::HistogramTotals of_request, of_connect, of_first_byte;
  for (const UpstreamMetrics& worker : block.workers.all()) {
    of_request.add(worker.request);
    of_connect.add(worker.connect);
    of_first_byte.add(worker.first_byte);
  }
  duration.add(block.labels, of_request);
  connect.add(block.labels, of_connect);
  first_byte.add(block.labels, of_first_byte);
}

void GroupFamilies::add_handshakes(const UpstreamBlock& block) {
  const auto add = [&](const char* result, metrics::Counter UpstreamMetrics::* counter) {
    handshakes.add(metrics::with(block.labels, "result", result),
                   metrics::sum(block.workers, [&](const UpstreamMetrics& worker) { return (worker.*counter).value(); }));
  };
  add("full", &UpstreamMetrics::tls_full);
  add("resumed", &UpstreamMetrics::tls_resumed);
  add("failed", &UpstreamMetrics::tls_failed);
}

void GroupFamilies::add_retries(const UpstreamBlock& block) {
  for (std::size_t i = 0; i < std::size(metrics::retry_cause_names); ++i)
    retries.add(metrics::with(block.labels, "cause", metrics::retry_cause_names[i]),
                metrics::sum(block.workers, [&](const UpstreamMetrics& worker) { return worker.retries[i].value(); }));
}

void GroupFamilies::add(const UpstreamBlock& block, std::uint64_t now) {
  auto total = [&](auto read) { return metrics::sum(block.workers, read); };
  for (std::size_t i = 0; i < CodeClasses::size; ++i)
    requests.add(metrics::with(block.labels, "code", CodeClasses::names[i]),
                 total([&](const UpstreamMetrics& worker) { return worker.requests.value(i); }));
  metrics::BusyTime::Reading now_busy;
  for (const UpstreamMetrics& worker : block.workers.all()) {
    const auto reading = worker.busy.read(now);
    now_busy.in_progress += reading.in_progress;
    now_busy.busy_ns += reading.busy_ns;
  }
  active.add(block.labels, now_busy.in_progress);
  busy.add(block.labels, metrics::seconds(now_busy.busy_ns));
  add_histograms(block);
  opened.add(block.labels, total([](const UpstreamMetrics& worker) { return worker.connections_opened.value(); }));
  reused.add(block.labels, total([](const UpstreamMetrics& worker) { return worker.connections_reused.value(); }));
  add_handshakes(block);
  no_peer.add(block.labels, total([](const UpstreamMetrics& worker) { return worker.no_live_peer.value(); }));
  refused.add(block.labels, total([](const UpstreamMetrics& worker) { return worker.retries_refused.value(); }));
  add_retries(block);
}

}  // namespace

void add_upstream_families(Families& families, const routing::SnapshotMetrics& counted, steady_clock::time_point now) {
  GroupFamilies groups;
  for (const auto& block : counted.upstreams) groups.add(*block, nanoseconds(now));
  if (counted.has_dynamic_upstreams) groups.add(*counted.dynamic_upstreams, nanoseconds(now));
  for (Family* family : {&groups.requests, &groups.active, &groups.busy, &groups.duration, &groups.connect,
                         &groups.first_byte, &groups.opened, &groups.reused, &groups.handshakes, &groups.retries, &groups.refused, &groups.no_peer})
    families.push_back(family->take());
}

}  // namespace drishti::server
