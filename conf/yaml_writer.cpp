#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "conf/nginx_lexer.hpp"
#include "conf/readers.hpp"
#include "conf/yaml_text.hpp"

namespace drishti::conf {
namespace {

using Lines = std::vector<std::string>;
using Body = std::vector<Directive>;

// YAML allows 1024 characters for a key on one line; longer ones take the form `? key`.
constexpr std::size_t longest_simple_key = 1000;

/// How many arguments a directive's key takes along; blocks always take all.
enum class KeyStyle { name, first_argument };

std::size_t key_arguments(const Directive& directive, KeyStyle style) {
  if (directive.is_block) return directive.args.size();
  return style == KeyStyle::name ? 0 : std::min<std::size_t>(1, directive.args.size());
}

std::string join(std::span<const std::string> words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + quote_word(word);
  return out;
}

std::string key_of(const Directive& directive, KeyStyle style) {
  const std::span<const std::string> taken = std::span(directive.args).first(key_arguments(directive, style));
  return quote_word(directive.name) + (taken.empty() ? "" : " " + join(taken));
}

/// A run of directives that share a key.
struct Entry {
  std::string key;
  std::span<const Directive> directives;
  KeyStyle style = KeyStyle::name;
};

/// The body as runs of equal keys. In the style `first_argument`, only for the names in `split`.
std::vector<Entry> group(const Body& body, const std::set<std::string>& split) {
  std::vector<Entry> entries;
  for (const Directive& directive : body) {
    const KeyStyle style = split.contains(directive.name) ? KeyStyle::first_argument : KeyStyle::name;
    std::string key = key_of(directive, style);
    if (!entries.empty() && entries.back().key == key) {
      entries.back().directives = {entries.back().directives.data(), entries.back().directives.size() + 1};
    } else {
      entries.push_back({std::move(key), {&directive, 1}, style});
    }
  }
  return entries;
}

/// Names of the directives whose key comes back after another one stood in between.
std::set<std::string> interrupted_names(const std::vector<Entry>& entries) {
  std::set<std::string> keys, names;
  for (const Entry& entry : entries) {
    if (!keys.insert(entry.key).second) names.insert(entry.directives.front().name);
  }
  return names;
}

Lines body_lines(const Body& body);

void append_indented(Lines& out, const Lines& lines, const std::string& first, const std::string& rest) {
  for (std::size_t i = 0; i < lines.size(); ++i) out.push_back((i == 0 ? first : rest) + lines[i]);
}

/// The value of one directive: one line for arguments, more for a body.
Lines value_lines(const Directive& directive, KeyStyle style, bool& inline_value) {
  inline_value = !directive.is_block || directive.children.empty();
  if (directive.is_block) return directive.children.empty() ? Lines{"{}"} : body_lines(directive.children);
  const std::span<const std::string> args = std::span(directive.args).subspan(key_arguments(directive, style));
  if (args.empty()) return {"true"};
  return {yaml_scalar(join(args))};
}

bool is_ordered(const Lines& lines) { return lines.front().starts_with("- "); }

/// `- value` for one directive among several of a key.
void append_item(Lines& out, const Directive& directive, KeyStyle style) {
  bool inline_value = false;
  append_indented(out, value_lines(directive, style, inline_value), "  - ", "    ");
}

void append_entry(Lines& out, const Entry& entry) {
  std::string key = yaml_scalar(entry.key);
  if (key.size() > longest_simple_key) {
    out.push_back("? " + key);
    key.clear();
  }
  bool inline_value = false;
  const Directive& first = entry.directives.front();
  const Lines value = value_lines(first, entry.style, inline_value);
  if (entry.directives.size() == 1 && inline_value) {
    out.push_back(key + ": " + value.front());
    return;
  }
  out.push_back(key + ":");
  if (entry.directives.size() > 1) {
    for (const Directive& directive : entry.directives) append_item(out, directive, entry.style);
  } else if (is_ordered(value)) {
    append_item(out, first, entry.style);
  } else {
    append_indented(out, value, "  ", "  ");
  }
}

Lines body_lines(const Body& body) {
  std::vector<Entry> entries = group(body, {});
  std::set<std::string> interrupted = interrupted_names(entries);
  if (!interrupted.empty()) {
    entries = group(body, interrupted);
    interrupted = interrupted_names(entries);
  }
  Lines out;
  for (const Entry& entry : entries) {
    if (interrupted.empty()) {
      append_entry(out, entry);
      continue;
    }
    Lines lines;
    append_entry(lines, entry);
    append_indented(out, lines, "- ", "  ");
  }
  return out;
}

}  // namespace

std::string write_yaml(const std::vector<Directive>& tree) {
  if (tree.empty()) return "{}\n";
  std::string out;
  for (const std::string& line : body_lines(tree)) out += line + "\n";
  return out;
}

}  // namespace drishti::conf
