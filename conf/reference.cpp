#include "conf/reference.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "conf/directive_table.hpp"
#include "conf/template.hpp"

namespace drishti::conf {
namespace {

constexpr std::string_view introduction = R"(# Configuration

<!-- Made from the directive table by tests/conf/reference_test.cpp (DRISHTI_UPDATE_DOCS=1). Do not edit. -->

Drishti reads nginx.conf as nginx does, and YAML with the same words. `drishti convert` turns one into the other.

- A directive that is not listed here as implemented is never ignored in silence: what only tunes nginx's internals is
  accepted and `-t` says why it changes nothing, and what drishti does not have yet is an error that names it.
- A main file without an `http {}` block is read as the contents of one, with a notice. `events {}` may be missing.
- Relative paths start at the prefix (`-p`); relative includes at the directory of the main file.
- Sizes take k, m and g; times take ms, s, m, h, d, w and may be combined (`1h30m`); without a unit they are seconds.
- A level inherits what it does not write itself. The lists `proxy_set_header`, `add_header`, `error_page`, `index` and
  so on are inherited as a whole: one entry of its own hides all inherited ones, which `-t` warns about.

[YAML.md](YAML.md) explains how the same words are written as YAML.
)";

void write_directive(std::string& page, const DirectiveSpec& spec) {
  page.append("### ").append(spec.name).append("\n\n");
  page.append(spec.help).append("\n\n");
  page.append("    ").append(spec.name);
  if (!spec.syntax.empty()) page.append(" ").append(spec.syntax);
  page.append(spec.arity.is_block ? "\n\n" : ";\n\n");
  if (!spec.default_value.empty()) page.append("Default: `").append(spec.default_value).append("`. ");
  page.append("Context: ").append(context_names(spec.contexts)).append(".\n\n");
  if (!spec.difference.empty()) page.append("Unlike nginx 1.22: ").append(spec.difference).append("\n\n");
}

void write_implemented(std::string& page) {
  for (const auto& group : directive_groups()) {
    const auto& directives = group.directives;
    const auto is_implemented = [](const DirectiveSpec& spec) { return spec.effect == Effect::implemented; };
    if (std::none_of(directives.begin(), directives.end(), is_implemented)) continue;
    page.append("\n## ").append(group.topic).append("\n\n");
    for (const auto& spec : directives)
      if (is_implemented(spec)) write_directive(page, spec);
  }
}

// Grouped by reason, because one reason often stands for many directives.
void write_without_effect(std::string& page) {
  std::map<std::string_view, std::vector<std::string_view>> by_reason;
  for (const auto& group : directive_groups())
    for (const auto& spec : group.directives)
      if (spec.effect == Effect::none) by_reason[spec.help].push_back(spec.name);
  page +=
      "\n## Accepted without effect\n\n`-t` prints a notice for each of these.\n\n| Directives | Why |\n|---|---|\n";
  for (const auto& [reason, names] : by_reason) {
    page += "| ";
    for (const auto name : names) page.append(name == names.front() ? "`" : ", `").append(name).append("`");
    page.append(" | ").append(reason).append(" |\n");
  }
}

// A name that is implemented in the meantime is no longer missing, even if a pattern covers it.
void write_missing(std::string& page) {
  page += "\n## Not implemented\n\nEach of these is an error that names it.\n\n";
  std::vector<std::string_view> names(missing_directives().begin(), missing_directives().end());
  std::sort(names.begin(), names.end());
  for (const auto name : names) page.append(name == names.front() ? "`" : ", `").append(name).append("`");
  page += "\n";
}

void write_variables(std::string& page) {
  page += "\n## Variables\n\n";
  const std::string_view names[] = {
#define DRISHTI_V(id, name) name,
      DRISHTI_VARIABLES(DRISHTI_V)
#undef DRISHTI_V
  };
  for (const auto name : names) page.append(name == names[0] ? "`$" : ", `$").append(name).append("`");
  page += "\n\nFamilies, in which the rest of the name selects the field (lower case, `-` written as `_`):\n\n";
  const std::string_view prefixes[] = {
#define DRISHTI_V(id, prefix) prefix,
      DRISHTI_VARIABLE_PREFIXES(DRISHTI_V)
#undef DRISHTI_V
  };
  for (const auto name : prefixes) page.append(name == prefixes[0] ? "`$" : ", `$").append(name).append("*`");
  page +=
      "\n\n`$1` to `$9` are the groups of the last regular expression; `set`, `map` and named groups `(?<name>...)` "
      "define "
      "more. A variable that nothing defines is an error.\n";
}

}  // namespace

std::string configuration_reference() {
  std::string page(introduction);
  write_implemented(page);
  write_variables(page);
  write_without_effect(page);
  write_missing(page);
  return page;
}

}  // namespace drishti::conf
