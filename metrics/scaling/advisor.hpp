#pragma once
// The advisor of the whole proxy: one advisor for each upstream, and the triggers of the guide.

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "metrics/scaling/machine.hpp"
#include "metrics/scaling/report.hpp"
#include "metrics/scaling/traffic_history.hpp"

namespace drishti::scaling {

/// The process at one moment. Counters go up only.
struct ProcessSample {
  Seconds at = 0;
  std::int64_t unix_time = 0;
  double requests = 0;            ///< of clients, answered
  double failed = 0;              ///< of those: 5xx, or closed without an answer because of the proxy
  double open_connections = 0;
  std::optional<CpuTime> cpu;     ///< nothing: /proc could not be read
  std::optional<double> memory_usage;
};

struct NamedSample {
  std::string name;
  UpstreamSample sample;
};

/// One thread.
class Advisor {
 public:
  explicit Advisor(const conf::ScalingSettings& settings);

  /// A new configuration: what was learned stays.
  void configure(const conf::ScalingSettings& settings);
  /// About once a second. UPSTREAMS: all there are now; others are forgotten.
  void add(const ProcessSample& process, const std::vector<NamedSample>& upstreams);
  Report report() const;
  TrafficHistory& history() { return history_; }
  const TrafficHistory& history() const { return history_; }

 private:
  void count_requests(const ProcessSample& process);
  void measure_cpu(const ProcessSample& process);
  void measure_traffic(const ProcessSample& process, const std::vector<NamedSample>& upstreams);
  void watch(const ProcessSample& process);
  std::optional<double> value_of(conf::TriggerKind kind, const ProcessSample& process) const;

  struct CpuReading {
    Seconds at = 0;
    CpuTime time;
  };
  conf::ScalingSettings settings_;
  std::map<std::string, UpstreamAdvisor> upstreams_;
  SampleSeries requests_;  ///< of clients
  SampleSeries served_;    ///< of all upstreams
  std::deque<CpuReading> cpu_;
  TrafficHistory history_;
  std::optional<double> requests_before_;
  std::array<TriggerWatch, conf::trigger_names.size()> watches_;
  Report report_;
  Seconds now_ = 0;
};

}  // namespace drishti::scaling
