#include "conf/directive.hpp"

#include "conf/readers.hpp"

namespace drishti::conf {

std::string Where::text() const {
  if (!file) return {};
  std::string out = *file;
  if (line > 0) out += ":" + std::to_string(line);
  if (!path.empty()) out += ": " + path;
  return out;
}

std::string ConfigError::text() const {
  const std::string position = where_.text();
  return position.empty() ? what() : what() + (" in " + position);
}

static bool same_directive(const Directive& a, const Directive& b) {
  return a.name == b.name && a.args == b.args && a.is_block == b.is_block && same_tree(a.children, b.children);
}

bool same_tree(const std::vector<Directive>& a, const std::vector<Directive>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!same_directive(a[i], b[i])) return false;
  }
  return true;
}

}  // namespace drishti::conf
