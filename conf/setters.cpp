#include "conf/setters.hpp"

#include <limits>

namespace drishti::conf {

bool flag_value(const Directive& directive) {
  const std::string& text = directive.args[0];
  const auto is = [&](std::string_view word) {
    return text.size() == word.size() &&
           std::equal(word.begin(), word.end(), text.begin(), [](char a, char b) { return a == (b | 0x20); });
  };
  if (is("on")) return true;
  if (is("off")) return false;
  fail("invalid value \"" + text + "\" in \"" + directive.name + "\" directive, it must be \"on\" or \"off\"",
       directive);
}

Bytes size_value(const Directive& directive, std::size_t argument, bool allow_giga) {
  const auto value = parse_size(directive.args[argument], allow_giga);
  if (!value) fail_directive("invalid value", directive);
  return *value;
}

milliseconds msec_value(const Directive& directive, std::size_t argument) {
  const auto value = parse_msec(directive.args[argument]);
  if (!value) fail_directive("invalid value", directive);
  return *value;
}

int number_value(const Directive& directive, std::size_t argument) {
  const auto value = parse_number(directive.args[argument]);
  if (!value || *value > std::numeric_limits<int>::max()) fail_directive("invalid number", directive);
  return static_cast<int>(*value);
}

std::optional<std::string_view> parameter(std::string_view argument, std::string_view name) {
  if (argument.size() <= name.size() || !argument.starts_with(name) || argument[name.size()] != '=')
    return std::nullopt;
  return argument.substr(name.size() + 1);
}

}  // namespace drishti::conf
