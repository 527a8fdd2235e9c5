// What is told of the peers of upstream groups and of their queues.
#include <map>

#include "metrics/family.hpp"
#include "server/traffic_collector.hpp"

namespace drishti::server {

using health::PeerStatus;
using metrics::CodeClasses;
using metrics::Family;
using metrics::Labels;
using metrics::PeerMetrics;
using metrics::UpstreamMetrics;
using std::chrono::steady_clock;

namespace {

enum class State { up, slow_start, checking, unhealthy, ejected, unavailable, draining, down };
constexpr std::string_view state_names[] = {"up",      "slow_start",  "checking", "unhealthy",
                                            "ejected", "unavailable", "draining", "down"};

State state_of(const upstream::Peer& peer, bool is_single, steady_clock::time_point now) {
  if (peer.down) return State::down;
  const health::PeerHealth& known = peer.state->health;
  const PeerStatus status = known.status();
  if (status == PeerStatus::draining) return State::draining;
  if (status == PeerStatus::unhealthy) return State::unhealthy;
  if (known.is_ejected()) return State::ejected;
  if (status == PeerStatus::checking) return State::checking;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  if (!is_single && !known.available(peer.limits(), seconds)) return State::unavailable;
  return status == PeerStatus::slow_start ? State::slow_start : State::up;
}

struct PeerFamilies {
  Family peers = Family::gauge("drishti_upstream_peers", "Peers of the upstream, by state.");
  Family state = Family::gauge("drishti_upstream_peer_state", "1 for the state that the peer is in.");
  Family active = Family::gauge("drishti_upstream_peer_requests_active", "Requests in progress at the peer.");
  Family requests = Family::counter("drishti_upstream_peer_requests_total", "Requests that the peer was chosen for.");
  Family responses = Family::counter("drishti_upstream_peer_responses_total", "Responses, by the class of the status.");
  Family failures = Family::counter("drishti_upstream_peer_failures_total", "Failures that max_fails counts.");
  Family sent = Family::counter("drishti_upstream_peer_sent_bytes_total", "Bytes sent to the peer.");
  Family received = Family::counter("drishti_upstream_peer_received_bytes_total", "Bytes received from the peer.");
  Family checks = Family::counter("drishti_upstream_peer_checks_total", "Health checks of the peer, by result.");
  Family ejections = Family::counter("drishti_upstream_peer_ejections_total",
                                     "Times that the peer was taken out of use, by cause.");
  Family share = Family::gauge("drishti_upstream_peer_share_ratio",
                               "Part of its share of requests that the peer gets now: below 1 in slow start.");

  void add(const upstream::UpstreamGroup& group, steady_clock::time_point now);
  void add_counts(const Labels& labels, const upstream::PeerState& counted);
  void add_health(const Labels& labels, const health::PeerHealth& known, steady_clock::time_point now);
};

void PeerFamilies::add_counts(const Labels& labels, const upstream::PeerState& counted) {
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

void PeerFamilies::add_health(const Labels& labels, const health::PeerHealth& known, steady_clock::time_point now) {
  checks.add(metrics::with(labels, "result", "failed"), known.checks_failed());
  checks.add(metrics::with(labels, "result", "passed"), known.checks_passed());
  for (std::size_t i = 0; i < health::ejection_cause_names.size(); ++i)
    ejections.add(metrics::with(labels, "cause", health::ejection_cause_names[i]),
                  known.ejections(static_cast<health::EjectionCause>(i)));
  share.add(labels, known.share(std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count()));
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
    add_counts(labels, *peer.state);
    add_health(labels, peer.state->health, now);
  }
  for (std::size_t s = 0; s < std::size(state_names); ++s)
    peers.add(metrics::with(of_group, "state", state_names[s]), count[s]);
}

std::uint64_t queue_length(const upstream::UpstreamGroup& group) {
  const auto set = group.peers();
  return set->size() == 0 || !(*set)[0]->queue ? 0 : (*set)[0]->queue->waiting();
}

}  // namespace

void add_peer_families(Families& families, const routing::Snapshot& snapshot, steady_clock::time_point now) {
  PeerFamilies all;
  for (const auto& group : snapshot.groups) all.add(*group, now);
  for (Family* family : {&all.peers, &all.state, &all.active, &all.requests, &all.responses, &all.failures, &all.sent,
                         &all.received, &all.checks, &all.ejections, &all.share})
    families.push_back(family->take());
}

void add_queue_families(Families& families, const routing::Snapshot& snapshot) {
  Family length = Family::gauge("drishti_upstream_queue_length", "Requests that wait for a free peer.");
  Family left = Family::counter("drishti_upstream_queue_requests_total",
                                "Requests that found all peers at max_conns, by how their wait ended.");
  Family wait = Family::histogram("drishti_upstream_queue_wait_seconds", "Time spent in the queue.");
  for (std::size_t i = 0; i < snapshot.groups.size(); ++i) {
    if (!snapshot.groups[i]->config().queue) continue;
    const metrics::UpstreamBlock& block = *snapshot.metrics.upstreams[i];
    length.add(block.labels, queue_length(*snapshot.groups[i]));
    for (std::size_t r = 0; r < metrics::queue_result_names.size(); ++r)
      left.add(metrics::with(block.labels, "result", metrics::queue_result_names[r]),
               metrics::sum(block.workers, [&](const UpstreamMetrics& worker) { return worker.queued[r].value(); }));
    metrics::HistogramTotals waited;
    for (const UpstreamMetrics& worker : block.workers.all()) waited.add(worker.queue_wait);
    wait.add(block.labels, waited);
  }
  for (Family* family : {&length, &left, &wait}) {
    auto made = family->take();
    if (!made.metric.empty()) families.push_back(std::move(made));
  }
}

}  // namespace drishti::server
