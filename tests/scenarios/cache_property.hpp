#pragma once
// Random requests of several users to one or more proxies with a cache, held against a plain model: the origin's answer says
// for whom it is, when it was made and for how long it is good, and whoever gets it checks that it may be his.

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/proxy_under_test.hpp"

namespace drishti::testing::property {

struct Options {
  std::uint64_t seed = 20261123;
  std::uint64_t requests = 20'000;  ///< at least, and for at least four seconds
  unsigned clients = 4;
  bool with_redis = false;   ///< two proxies on one Redis; otherwise one proxy with two workers
};

struct Report {
  std::uint64_t requests = 0;        ///< that were answered
  std::uint64_t hits = 0, shared = 0, stale = 0, revalidated = 0, purges = 0, upstream = 0;
  std::uint64_t late_clocks = 0;     ///< answers by a clock that still stood before their request was sent
  std::vector<std::string> faults;   ///< the first few
  std::uint64_t fault_count = 0;
  double seconds = 0;
  std::string text() const;
};

Report run(const Options& options);

}  // namespace drishti::testing::property
