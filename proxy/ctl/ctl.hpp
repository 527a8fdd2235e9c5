#pragma once
// `drishti ctl`: an administrator's commands to the running proxy.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "conf/config.hpp"

namespace drishti::ctl {

/// Runs it and returns the exit code. LOAD reads the configuration; it is called only when a flag does not say it all.
int run(const std::vector<std::string>& arguments, const std::function<std::shared_ptr<const conf::Config>()>& load);

}  // namespace drishti::ctl
