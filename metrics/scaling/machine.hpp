#pragma once
// The machine that the proxy runs on, from the texts of /proc. proc(5)

#include <optional>
#include <string_view>

namespace drishti::scaling {

/// CPU time of all cores since the start of the machine, in ticks.
struct CpuTime {
  double busy = 0, total = 0;
};

/// The first line of /proc/stat. Waiting for disks is idle; what a hypervisor took away is busy, as it is lost to us.
std::optional<CpuTime> parse_cpu_time(std::string_view proc_stat);

/// The part of memory that is not available to programs, 0 to 1: /proc/meminfo.
std::optional<double> parse_memory_usage(std::string_view proc_meminfo);

}  // namespace drishti::scaling
