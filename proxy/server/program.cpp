#include "server/program.hpp"

#include <iostream>

#include "conf/analyser.hpp"
#include "ctl/ctl.hpp"
#include "server/cache_zones.hpp"
#include "server/error_log.hpp"
#include "server/explain.hpp"
#include "server/version.hpp"

namespace drishti::server {
namespace {

using Action = CommandLine::Action;

void show_information(const CommandLine& line) {
  std::cerr << version_line() << '\n';
  if (line.show_help) std::cerr << help_text() << '\n';
  if (line.show_build) std::cerr << build_text();
}

conf::AnalyserOptions analyser_options(const CommandLine& line) {
  conf::AnalyserOptions options;
  options.prefix = line.prefix;
  options.conf_path = line.conf_path;
  options.global_directives = line.global_directives;
  if (!line.error_log.empty()) options.default_error_log = line.error_log;
  return options;
}

}  // namespace

void print_message(const std::string& text) { std::cerr << "nginx: " << text << std::endl; }

void print_message(conf::LogLevel level, const std::string& text) {
  print_message(std::string("[") + level_name(level) + "] " + text);
}

std::string notice_text(const conf::Notice& notice) {
  return notice.where.file == nullptr ? notice.text : notice.text + " in " + notice.where.text();
}

std::shared_ptr<const conf::Config> load(const CommandLine& line) {
  try {
    auto config = conf::load_config(line.conf_path, analyser_options(line));
    CacheZones::check(*config);
    return config;
  } catch (const conf::ConfigError& error) {
    throw std::runtime_error(error.text());
  }
}

int explain_request(const CommandLine& line) {
  std::cout << explain(load(line), {line.method, line.url, line.headers}) << std::flush;
  return 0;
}

int execute(const CommandLine& line) {
  if (line.show_version) show_information(line);
  const bool is_test = line.action == Action::test || line.action == Action::dump;
  if (is_test) return test_configuration(line);
  if (line.show_version) return 0;
  switch (line.action) {
    case Action::signal:
      return send_signal(line);
    case Action::convert:
      return convert(line);
    case Action::explain:
      return explain_request(line);
    case Action::ctl:
      return ctl::run(line.ctl, [&] { return load(line); });
    case Action::scaling:
      return scaling_advice(line);
    case Action::scaling_cost:
      return scaling_cost(line);
    default:
      return run_proxy(line);
  }
}

}  // namespace drishti::server
