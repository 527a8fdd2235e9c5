#pragma once
// What a process takes of the machine's memory.

#include <sys/types.h>

#include <cstddef>
#include <fstream>
#include <string>

namespace drishti::testing {

/// Resident, in KiB; 0 when there is no such process.
inline std::size_t rss_kib(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6));
  return 0;
}

/// A sanitizer keeps what was freed for a while, and more for each allocation: how much memory it takes then says nothing.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool memory_can_be_measured = false;
#else
inline constexpr bool memory_can_be_measured = true;
#endif

}  // namespace drishti::testing
