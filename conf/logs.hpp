#pragma once
// Log formats while a configuration is read.

#include <memory>
#include <string_view>

#include "conf/analysis.hpp"

namespace drishti::conf {

/// The format that `log_format` has defined so far; null when there is none.
std::shared_ptr<const LogFormat> find_log_format(const Config& config, std::string_view name);

/// Defines nginx's `combined`.
void add_combined_format(Analysis& a);

}  // namespace drishti::conf
