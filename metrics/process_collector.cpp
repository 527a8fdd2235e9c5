#include "metrics/process_collector.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "metrics/family.hpp"

namespace drishti::metrics {
namespace {

/// /proc/self/stat from the third field on: the second is a name that may hold anything but is closed by the last `)`.
std::optional<std::string> stat_fields() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  const auto end = line.rfind(')');
  if (end == line.npos) return std::nullopt;
  return line.substr(end + 1);
}

double read_start_time() {
  constexpr int fields_before = 19;  // of those behind the name; starttime is field 22 of proc(5)
  auto fields = stat_fields();
  std::ifstream system("/proc/stat");
  double booted = 0;
  for (std::string word; system >> word;)
    if (word == "btime") system >> booted;
  if (!fields || booted == 0) return 0;
  std::istringstream in(*fields);
  std::string skipped;
  for (int i = 0; i < fields_before; ++i) in >> skipped;
  double ticks = 0;
  return in >> ticks ? booted + ticks / static_cast<double>(::sysconf(_SC_CLK_TCK)) : 0;
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  auto value = [](const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; };
  return value(usage.ru_utime) + value(usage.ru_stime);
}

std::optional<double> open_descriptors() {
  DIR* directory = ::opendir("/proc/self/fd");
  if (!directory) return std::nullopt;
  double count = -3;  // `.`, `..` and the descriptor of the directory itself
  while (::readdir(directory)) ++count;
  ::closedir(directory);
  return count;
}

}  // namespace

ProcessCollector::ProcessCollector() : start_time_(read_start_time()) {}

std::vector<prometheus::MetricFamily> ProcessCollector::Collect() const {
  std::vector<prometheus::MetricFamily> families;
  auto gauge = [&](const char* name, const char* help, double value) {
    families.push_back(Family::gauge(name, help).add(value).take());
  };
  families.push_back(Family::counter("process_cpu_seconds_total", "User and system CPU time spent.")
                         .add(cpu_seconds()).take());
  double pages = 0, resident = 0;
  if (std::ifstream("/proc/self/statm") >> pages >> resident) {
    const auto size = static_cast<double>(::sysconf(_SC_PAGESIZE));
    gauge("process_virtual_memory_bytes", "Virtual memory size.", pages * size);
    gauge("process_resident_memory_bytes", "Resident memory size.", resident * size);
  }
  if (auto open = open_descriptors()) gauge("process_open_fds", "Open file descriptors.", *open);
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
    gauge("process_max_fds", "Limit of open file descriptors.", static_cast<double>(limit.rlim_cur));
  if (start_time_ > 0) gauge("process_start_time_seconds", "When the process began, in seconds since 1970.", start_time_);
  return families;
}

}  // namespace drishti::metrics
