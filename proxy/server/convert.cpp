#include <fstream>
#include <iostream>
#include <stdexcept>

#include "conf/readers.hpp"
#include "net/os_error.hpp"
#include "server/program.hpp"

namespace drishti::server {
namespace {

using Syntax = CommandLine::Syntax;

bool is_yaml(const std::string& path) { return path.ends_with(".yaml") || path.ends_with(".yml"); }

std::string converted(const CommandLine& line) {
  try {
    const conf::DirectiveTree tree = conf::read_config_file(line.input);
    const bool to_yaml = line.to == Syntax::by_name ? !is_yaml(line.input) : line.to == Syntax::yaml;
    return to_yaml ? conf::write_yaml(tree.directives) : conf::write_nginx(tree.directives);
  } catch (const conf::ConfigError& error) {
    throw std::runtime_error(error.text());
  }
}

}  // namespace

int convert(const CommandLine& line) {
  const std::string text = converted(line);
  if (line.output.empty() || line.output == "-") {
    std::cout << text << std::flush;
    return std::cout ? 0 : 1;
  }
  std::ofstream file(line.output, std::ios::binary | std::ios::trunc);
  file << text << std::flush;
  if (!file) throw std::runtime_error(net::failed("open()", line.output, errno));
  return 0;
}

}  // namespace drishti::server
