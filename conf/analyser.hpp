#pragma once
// DirectiveTree -> Config: every check of `nginx -t` (context, arity, duplicates, values), inheritance, defaults.

#include <memory>
#include <string>

#include "conf/config.hpp"

namespace drishti::conf {

struct AnalyserOptions {
  std::string prefix = "/etc/nginx/";             ///< relative paths start here
  std::string conf_path;                          ///< the main file
  std::string default_pid = "/run/nginx.pid";
  std::string default_error_log = "/var/log/nginx/error.log";
  std::string default_access_log = "/var/log/nginx/access.log";
  std::string global_directives;                  ///< -g "..."
};

/// Throws ConfigError. Control thread only. `tree.files` and `tree.notices` move into the Config.
std::shared_ptr<const Config> analyse(DirectiveTree tree, const AnalyserOptions& options);

/// Reads the file (nginx.conf or YAML by its name) and analyses it.
std::shared_ptr<const Config> load_config(const std::string& path, const AnalyserOptions& options);

}  // namespace drishti::conf
