#include "server/scaling_keeper.hpp"

#include <algorithm>
#include <fstream>
#include <set>

#include "metrics/family.hpp"
#include "metrics/scaling/families.hpp"

namespace drishti::server {

using metrics::CodeClasses;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t server_error = 5, no_answer = 0;  // indices in CodeClasses

std::uint64_t nanoseconds(steady_clock::time_point time) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count());
}

std::int64_t unix_time() {
  using std::chrono::system_clock;
  return std::chrono::duration_cast<std::chrono::seconds>(system_clock::now().time_since_epoch()).count();
}

/// The beginning of a file of /proc, which has no size.
std::string beginning_of(const char* path) {
  std::string text(8192, '\0');
  std::ifstream file(path);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, file.gcount())));
  return text;
}

/// Servers of one name share their counters: each block once.
void count_responses(const routing::SnapshotMetrics& counted, scaling::ProcessSample& sample) {
  std::set<const metrics::LocationBlock*> seen;
  for (const auto& block : counted.locations) {
    if (!seen.insert(block.get()).second) continue;
    for (std::size_t i = 0; i < CodeClasses::size; ++i) {
      const auto responses = static_cast<double>(
          metrics::sum(block->workers, [&](const metrics::LocationMetrics& worker) { return worker.responses.value(i); }));
      sample.requests += responses;
      if (i == server_error) sample.failed += responses;
    }
  }
}

bool may_be_chosen(const upstream::Peer& peer, bool is_single, steady_clock::time_point now) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  const health::PeerHealth& health = peer.state->health;
  return is_single ? health.passes_gate() : health.available(peer.limits(), seconds);
}

}  // namespace

scaling::UpstreamSample sample_upstream(const upstream::UpstreamGroup& group, const metrics::UpstreamBlock& counted,
                                        steady_clock::time_point now) {
  scaling::UpstreamSample sample;
  const std::uint64_t time = nanoseconds(now);
  sample.at = metrics::seconds(time);
  double in_progress = 0;
  for (const metrics::UpstreamMetrics& worker : counted.workers.all()) {
    const auto busy = worker.busy.read(time);
    in_progress += static_cast<double>(busy.in_progress);
    sample.busy_seconds += metrics::seconds(busy.busy_ns);
    sample.service_seconds += metrics::seconds(worker.request.sum_ns());
    for (std::size_t i = 0; i < CodeClasses::size; ++i) {
      const auto requests = static_cast<double>(worker.requests.value(i));
      sample.ended += requests;
      if (i == server_error || i == no_answer) sample.failed += requests;
    }
  }
  sample.arrived = sample.ended + in_progress;
  const auto set = group.peers();
  for (const auto& peer : set->primaries) {
    if (peer->down || peer->state->health.is_draining()) continue;
    ++sample.peers;
    if (may_be_chosen(*peer, set->is_single(), now)) ++sample.healthy;
  }
  return sample;
}

void ScalingKeeper::use(std::shared_ptr<const routing::Snapshot> snapshot) {
  const conf::ScalingSettings& settings = snapshot->config->scaling;
  snapshot_ = std::move(snapshot);
  if (advisor_) advisor_->configure(settings);
  else advisor_.emplace(settings);
  history_file_.use(settings.history_file, advisor_->history(), unix_time());
  sample();
}

void ScalingKeeper::forget() {
  if (advisor_) history_file_.write(advisor_->history());
  snapshot_.reset();
  workers_.clear();
}

void ScalingKeeper::sample() {
  if (!snapshot_) return;
  const auto now = steady_clock::now();
  scaling::ProcessSample process;
  process.at = metrics::seconds(nanoseconds(now));
  process.unix_time = unix_time();
  count_responses(snapshot_->metrics, process);
  for (const auto* worker : workers_) process.open_connections += static_cast<double>(worker->connections_active.value());
  process.cpu = scaling::parse_cpu_time(beginning_of("/proc/stat"));
  process.memory_usage = scaling::parse_memory_usage(beginning_of("/proc/meminfo"));
  std::vector<scaling::NamedSample> upstreams;
  for (std::size_t i = 0; i < snapshot_->groups.size(); ++i) {
    const upstream::UpstreamGroup& group = *snapshot_->groups[i];
    upstreams.push_back({group.config().name, sample_upstream(group, *snapshot_->metrics.upstreams[i], now)});
  }
  advisor_->add(process, upstreams);
  history_file_.write_sometimes(advisor_->history(), process.at);
  scaling::Report report = advisor_->report();
  const std::lock_guard lock(mutex_);
  report_ = std::move(report);
}

scaling::Report ScalingKeeper::last_report() const {
  const std::lock_guard lock(mutex_);
  return report_;
}

std::vector<prometheus::MetricFamily> ScalingKeeper::Collect() const { return scaling::families(last_report()); }

std::string ScalingKeeper::json() const { return scaling::json(last_report()); }

}  // namespace drishti::server
