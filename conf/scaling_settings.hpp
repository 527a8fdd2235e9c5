#pragma once
// The `scaling` block: how advice is made, and when somebody has to look. Defaults are docs/SCALING.md's.

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace drishti::conf {

/// What the user's guide watches, in its order.
enum class TriggerKind {
  response_time,     ///< seconds, mean of a minute
  cpu,               ///< of the proxy's machine, ratio
  memory,            ///< of the proxy's machine, ratio
  error_rate,        ///< ratio of 5xx and unanswered requests
  concurrent_users,  ///< open client connections
  monthly_requests,  ///< in 30 days
  traffic_growth     ///< of the last 30 days against the 30 before, ratio of the increase
};
inline constexpr std::array<std::string_view, 7> trigger_names{
    "response_time", "cpu", "memory", "error_rate", "concurrent_users", "monthly_requests", "traffic_growth"};

struct ScalingTrigger {
  bool is_on = true;
  double threshold = 0;  ///< fires above it
  std::chrono::milliseconds duration{0};  ///< for so long without a break
};

struct ScalingSettings {
  std::chrono::milliseconds stable_window{60'000};
  std::chrono::milliseconds panic_window{6'000};
  double panic_threshold = 2;       ///< demand against what the healthy servers are meant to carry
  double target_utilization = 0.8;  ///< of a server's capacity
  std::chrono::milliseconds scale_in_delay{300'000};
  std::chrono::milliseconds service_time_window{600'000};
  std::chrono::milliseconds capacity_memory{24 * 3'600'000};
  int min_replicas = 1;
  int max_replicas = 1000;
  std::string history_file;  ///< absolute; empty: the traffic of past days is forgotten at a restart
  std::array<ScalingTrigger, trigger_names.size()> triggers{{
      {true, 3, std::chrono::hours{1}},
      {true, 0.80, std::chrono::minutes{30}},
      {true, 0.85, std::chrono::minutes{30}},
      {true, 0.02, std::chrono::minutes{15}},
      {true, 100, std::chrono::minutes{1}},
      {true, 1e6, std::chrono::milliseconds{0}},
      {true, 1, std::chrono::milliseconds{0}},
  }};
};

}  // namespace drishti::conf
