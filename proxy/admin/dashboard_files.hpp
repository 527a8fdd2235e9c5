#pragma once
// The files of proxy/admin/dashboard/, put into the binary by cmake/embed.cmake.

#include <span>
#include <string_view>

namespace drishti::admin {

struct DashboardFile {
  std::string_view name;  ///< `dashboard.js`
  std::string_view content;
};

std::span<const DashboardFile> dashboard_files();

}  // namespace drishti::admin
