#include "conf/cpu_count.hpp"

#include <sched.h>

#include <algorithm>
#include <fstream>

#include "conf/units.hpp"

namespace drishti::conf {
namespace {

int cpus_of_affinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

std::string first_word(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

// The path of this process in the hierarchy of CONTROLLER ("" for v2), from lines `ID:CONTROLLERS:PATH`.
std::string cgroup_path(const std::string& controller) {
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    if (controllers == "," + controller + "," ||
        (!controller.empty() && controllers.find("," + controller + ",") != std::string::npos))
      return line.substr(second + 1);
  }
  return {};
}

// A container sees its own group at the root of the mount; outside of one it is below it.
int quota_v2(const std::string& directory) {
  std::ifstream file(directory + "/cpu.max");
  std::string quota, period;
  file >> quota >> period;
  return cpus_of_quota(quota, period);
}

int quota_v1(const std::string& directory) {
  return cpus_of_quota(first_word(directory + "/cpu.cfs_quota_us"), first_word(directory + "/cpu.cfs_period_us"));
}

}  // namespace

int cpus_of_quota(const std::string& quota, const std::string& period) {
  const auto granted = parse_number(quota);  // `max` and -1 mean no limit
  const auto each = parse_number(period);
  if (!granted || !each || *each == 0 || *granted == 0) return 0;
  return static_cast<int>(std::min<std::uint64_t>((*granted + *each - 1) / *each, 1U << 16));
}

int allowed_cpus() {
  const std::string v2 = "/sys/fs/cgroup", v1 = "/sys/fs/cgroup/cpu";
  int cpus = cpus_of_affinity();
  for (const int quota :
       {quota_v2(v2), quota_v2(v2 + cgroup_path("")), quota_v1(v1), quota_v1(v1 + cgroup_path("cpu"))})
    if (quota > 0) cpus = std::min(cpus, quota);
  return cpus;
}

}  // namespace drishti::conf
