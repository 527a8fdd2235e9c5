#pragma once
// How many CPUs this process may use: what `worker_processes auto` means in a container.

#include <string>

namespace drishti::conf {

/// The smaller of the CPU affinity and the cgroup quota (v2 cpu.max, v1 cpu.cfs_quota_us), rounded up; at least 1.
int allowed_cpus();

/// CPUs that a cgroup v2 `cpu.max` line grants, `200000 100000` -> 2, rounded up; 0 = no limit.
int cpus_of_quota(const std::string& quota, const std::string& period);

}  // namespace drishti::conf
