#pragma once
// Shared by the two grammar fuzzers: a tree that was read must survive both writers.

#include <cstdio>
#include <cstdlib>
#include <string>

#include "conf/readers.hpp"

namespace drishti::fuzz {

[[noreturn]] inline void lost(const char* syntax, const std::string& text, const std::string& reason) {
  std::fprintf(stderr, "%s does not read back (%s):\n%s\n", syntax, reason.c_str(), text.c_str());
  std::abort();
}

template <class Read>
void require_same(const std::vector<conf::Directive>& tree, const char* syntax, const std::string& text, Read read) {
  try {
    if (!conf::same_tree(tree, read(text, "again", std::string()).directives)) lost(syntax, text, "another tree");
  } catch (const conf::ConfigError& error) {
    lost(syntax, text, error.text());
  }
}

inline void require_round_trips(const std::vector<conf::Directive>& tree) {
  require_same(tree, "nginx.conf", conf::write_nginx(tree), conf::read_nginx_text);
  require_same(tree, "YAML", conf::write_yaml(tree), conf::read_yaml_text);
}

}  // namespace drishti::fuzz
