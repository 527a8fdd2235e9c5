// What is told of upstream groups and their peers.
#include <map>

#include "metrics/family.hpp"
#include "server/traffic_collector.hpp"

namespace drishti::server {

using metrics::CodeClasses;
using metrics::Family;
using metrics::Labels;
using metrics::PeerMetrics;
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
  Family retries = Family::counter("drishti_upstream_retries_total", "Requests sent once more, by cause.");
  Family no_peer = Family::counter("drishti_upstream_no_live_peer_total", "Times that no peer could be chosen.");

  void add(const UpstreamBlock& block, std::uint64_t now);
  void add_histograms(const UpstreamBlock& block);
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
  no_peer.add(block.labels, total([](const UpstreamMetrics& worker) { return worker.no_live_peer.value(); }));
  add_retries(block);
}

enum class State { up, unavailable, down };
constexpr std::string_view state_names[] = {"up", "unavailable", "down"};

State state_of(const upstream::Peer& peer, bool is_single, steady_clock::time_point now) {
  if (peer.down) return State::down;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  const bool available = is_single || peer.state->health.available(peer.limits(), seconds);
  return available ? State::up : State::unavailable;
}

struct PeerFamilies {
  Family state = Family::gauge("drishti_upstream_peer_state", "1 for the state that the peer is in.");
  Family active = Family::gauge("drishti_upstream_peer_requests_active", "Requests in progress at the peer.");
  Family requests = Family::counter("drishti_upstream_peer_requests_total", "Requests that the peer was chosen for.");
  Family responses = Family::counter("drishti_upstream_peer_responses_total", "Responses, by the class of the status.");
  Family failures = Family::counter("drishti_upstream_peer_failures_total", "Failures that max_fails counts.");
  Family sent = Family::counter("drishti_upstream_peer_sent_bytes_total", "Bytes sent to the peer.");
  Family received = Family::counter("drishti_upstream_peer_received_bytes_total", "Bytes received from the peer.");
  Family peers = Family::gauge("drishti_upstream_peers", "Peers of the upstream, by state.");

  void add(const upstream::UpstreamGroup& group, steady_clock::time_point now);
  void add(const Labels& labels, const upstream::PeerState& counted);
};

void PeerFamilies::add(const Labels& labels, const upstream::PeerState& counted) {
  auto total = [&](auto read) { return metrics::sum(counted.counters, read); };
  active.add(labels, static_cast<double>(counted.in_flight.load(std::memory_order_relaxed)));
  requests.add(labels, total([](const PeerMetrics& worker) { return worker.requests.value(); }));
  for (std::size_t i = 1; i < CodeClasses::size; ++i)
    responses.add(metrics::with(labels, "code", CodeClasses::names[i]),
                  total([&](const PeerMetrics& worker) { return worker.responses.value(i); }));
  failures.add(labels, total([](const PeerMetrics& worker) { return worker.failures.value(); }));
  sent.add(labels, total([](const PeerMetrics& worker) { return worker.sent_bytes.value(); }));
  received.add(labels, total([](const PeerMetrics& worker) { return worker.received_bytes.value(); }));
}

void PeerFamilies::add(const upstream::UpstreamGroup& group, steady_clock::time_point now) {
  const auto set = group.peers();
  const Labels of_group{{"upstream", group.config().name}};
  std::map<std::string, int> occurrences;  // an address that is listed twice is two peers, as in nginx
  std::array<std::uint64_t, std::size(state_names)> count{};
  for (std::size_t i = 0; i < set->size(); ++i) {
    const upstream::Peer& peer = *(*set)[i];
    const int occurrence = ++occurrences[peer.address_text];
    const Labels labels = metrics::with(
        of_group, "peer", occurrence == 1 ? peer.address_text : peer.address_text + "#" + std::to_string(occurrence));
    const State now_in = state_of(peer, set->is_single(), now);
    ++count[static_cast<std::size_t>(now_in)];
    for (std::size_t s = 0; s < std::size(state_names); ++s)
      state.add(metrics::with(labels, "state", state_names[s]), s == static_cast<std::size_t>(now_in) ? 1.0 : 0.0);
    add(labels, *peer.state);
  }
  for (std::size_t s = 0; s < std::size(state_names); ++s)
    peers.add(metrics::with(of_group, "state", state_names[s]), count[s]);
}

}  // namespace

void add_upstream_families(Families& families, const routing::SnapshotMetrics& counted, steady_clock::time_point now) {
  GroupFamilies groups;
  for (const auto& block : counted.upstreams) groups.add(*block, nanoseconds(now));
  if (counted.has_dynamic_upstreams) groups.add(*counted.dynamic_upstreams, nanoseconds(now));
  for (Family* family : {&groups.requests, &groups.active, &groups.busy, &groups.duration, &groups.connect,
                         &groups.first_byte, &groups.opened, &groups.reused, &groups.retries, &groups.no_peer})
    families.push_back(family->take());
}

void add_peer_families(Families& families, const routing::Snapshot& snapshot, steady_clock::time_point now) {
  PeerFamilies all;
  for (const auto& group : snapshot.groups) all.add(*group, now);
  for (Family* family : {&all.peers, &all.state, &all.active, &all.requests, &all.responses, &all.failures, &all.sent,
                         &all.received})
    families.push_back(family->take());
}

}  // namespace drishti::server
