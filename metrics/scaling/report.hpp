#pragma once
// Everything that the advisor says at one moment, and its forms: JSON, words. docs/SCALING.md

#include <cstdint>
#include <string>
#include <vector>

#include "metrics/scaling/trigger_watch.hpp"
#include "metrics/scaling/upstream_advisor.hpp"

namespace drishti::scaling {

struct TriggerReport {
  conf::TriggerKind kind = conf::TriggerKind::response_time;
  TriggerState state = TriggerState::off;
  double value = 0, threshold = 0;
  Seconds duration = 0;   ///< as configured
  Seconds above_for = 0;
};

struct Traffic {
  double request_rate = 0;      ///< a second, of the last minute, as all that follows
  double response_time = 0;     ///< seconds, mean
  double error_ratio = 0;       ///< 5xx and unanswered
  double concurrent_users = 0;  ///< open client connections now
  std::uint64_t last_30_days = 0;
  std::uint64_t before_30_days = 0;  ///< the 30 days before those
  std::int64_t days_known = 0;
};

struct Report {
  std::int64_t unix_time = 0;
  double cpu_usage = 0, memory_usage = 0;  ///< of the proxy's machine, 0 to 1
  Traffic traffic;
  std::vector<UpstreamAdvice> upstreams;
  std::vector<TriggerReport> triggers;
};

/// `412 requests/s need 3.4 servers of 150 requests/s at 80 %`: why so many.
std::string explanation(const UpstreamAdvice& advice);
/// What somebody should do, most urgent first; never empty.
std::vector<std::string> recommendations(const Report& report);
/// The answer of GET /scaling.
std::string json(const Report& report);

/// VALUE with so many digits behind the point, without zeros at the end: `3.4`, `150`.
std::string number_text(double value, int digits = 1);
/// `90 s`, `12 min`, `3.5 h`
std::string duration_text(Seconds seconds);

}  // namespace drishti::scaling
