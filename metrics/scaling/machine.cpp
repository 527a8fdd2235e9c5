#include "metrics/scaling/machine.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace drishti::scaling {
namespace {

std::optional<double> take_number(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return static_cast<double>(value);
}

/// `NAME:   123 kB`
std::optional<double> line_value(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(name); at != text.npos; at = text.find(name, at + 1)) {
    if (at != 0 && text[at - 1] != '\n') continue;
    std::string_view rest = text.substr(at + name.size());
    return take_number(rest);
  }
  return std::nullopt;
}

}  // namespace

std::optional<CpuTime> parse_cpu_time(std::string_view proc_stat) {
  if (!proc_stat.starts_with("cpu ")) return std::nullopt;
  std::string_view line = proc_stat.substr(4, proc_stat.find('\n') - 4);
  enum { user, nice, system, idle, iowait, irq, softirq, steal, fields };  // guest times are part of user and nice
  std::array<double, fields> ticks{};
  for (double& tick : ticks) {
    const auto value = take_number(line);
    if (!value) return std::nullopt;
    tick = *value;
  }
  const double waiting = ticks[idle] + ticks[iowait];
  const double busy = ticks[user] + ticks[nice] + ticks[system] + ticks[irq] + ticks[softirq] + ticks[steal];
  return CpuTime{busy, busy + waiting};
}

std::optional<double> parse_memory_usage(std::string_view proc_meminfo) {
  const auto total = line_value(proc_meminfo, "MemTotal:"), available = line_value(proc_meminfo, "MemAvailable:");
  if (!total || !available || *total <= 0) return std::nullopt;
  return std::clamp(1 - *available / *total, 0.0, 1.0);
}

}  // namespace drishti::scaling
