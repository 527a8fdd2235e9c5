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

// A text longer than this is written as a block of one argument a line, as people write log_format.
constexpr std::size_t longest_line = 120;

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

Lines argument_lines(std::span<const std::string> args) {
  const std::string text = join(args);
  if (args.size() == 1 || text.size() <= longest_line || !is_printable_yaml(text)) return {yaml_scalar(text)};
  Lines lines{"|-"};
  for (const std::string& arg : args) lines.push_back(quote_word(arg));
  return lines;
}

/// The value of one directive: arguments, or a body.
Lines value_lines(const Directive& directive, KeyStyle style) {
  if (directive.is_block) return directive.children.empty() ? Lines{"{}"} : body_lines(directive.children);
  const std::span<const std::string> args = std::span(directive.args).subspan(key_arguments(directive, style));
  return args.empty() ? Lines{"true"} : argument_lines(args);
}

bool is_inline(const Directive& directive) { return !directive.is_block || directive.children.empty(); }

void append_items(Lines& out, const Entry& entry) {
  for (const Directive& directive : entry.directives) {
    append_indented(out, value_lines(directive, entry.style), "  - ", "    ");
  }
}

/// The body of the only block under a key. One in sequence form has to be an item of a list, for a plain list would
/// mean one block for each item.
void append_block(Lines& out, const Lines& body) {
  const bool in_sequence_form = body.front().starts_with("- ");
  append_indented(out, body, in_sequence_form ? "  - " : "  ", in_sequence_form ? "    " : "  ");
}

void append_entry(Lines& out, const Entry& entry) {
  std::string key = yaml_scalar(entry.key);
  if (key.size() > longest_simple_key) {
    out.push_back("? " + key);
    key.clear();
  }
  const Directive& first = entry.directives.front();
  if (entry.directives.size() > 1) {
    out.push_back(key + ":");
    append_items(out, entry);
  } else if (is_inline(first)) {
    append_indented(out, value_lines(first, entry.style), key + ": ", "  ");
  } else {
    out.push_back(key + ":");
    append_block(out, body_lines(first.children));
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
