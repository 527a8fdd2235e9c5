#include "conf/nginx_lexer.hpp"
#include "conf/readers.hpp"

namespace drishti::conf {
namespace {

/// `{` ends a bare word, except after `$`. With a backslash about, whose `$` may be escaped, no close look is worth it.
bool has_opening_brace(std::string_view word) {
  const bool has_backslash = word.find('\\') != std::string_view::npos;
  bool after_dollar = false;
  for (char c : word) {
    if (c == '{' && (!after_dollar || has_backslash)) return true;
    after_dollar = c == '$' || (c == '{' && after_dollar);
  }
  return false;
}

bool needs_quotes(std::string_view word) {
  if (word.empty()) return true;
  if (std::string_view("\"'#}").find(word.front()) != std::string_view::npos) return true;
  return word.find_first_of(" \t\r\n;") != std::string_view::npos || has_opening_brace(word);
}

/// A backslash is doubled only where reading would take it for an escape, so that regular expressions stay readable.
bool backslash_needs_escape(std::string_view word, std::size_t i) {
  return i + 1 == word.size() || std::string_view("\"'\\trn\t\r\n").find(word[i + 1]) != std::string_view::npos;
}

void append_escaped(std::string& out, std::string_view word, std::size_t i, char quote) {
  switch (word[i]) {
    case '\t': out += "\\t"; return;
    case '\r': out += "\\r"; return;
    case '\n': out += "\\n"; return;
    case '\\': out += backslash_needs_escape(word, i) ? "\\\\" : "\\"; return;
    default:
      if (word[i] == quote) out += '\\';
      out += word[i];
  }
}

void write_body(std::string& out, const std::vector<Directive>& body, std::size_t indent);

void write_directive(std::string& out, const Directive& directive, std::size_t indent) {
  out.append(indent, ' ');
  out += quote_word(directive.name);
  for (const std::string& arg : directive.args) out += ' ' + quote_word(arg);
  if (!directive.is_block) {
    out += ";\n";
    return;
  }
  out += " {\n";
  write_body(out, directive.children, indent + 4);
  out.append(indent, ' ');
  out += "}\n";
}

void write_body(std::string& out, const std::vector<Directive>& body, std::size_t indent) {
  for (const Directive& directive : body) write_directive(out, directive, indent);
}

}  // namespace

std::string quote_word(std::string_view word) {
  const bool in_quotes = needs_quotes(word);
  const bool prefer_single = word.find('"') != std::string_view::npos && word.find('\'') == std::string_view::npos;
  const char quote = !in_quotes ? '\0' : prefer_single ? '\'' : '"';
  std::string out;
  if (in_quotes) out += quote;
  for (std::size_t i = 0; i < word.size(); ++i) append_escaped(out, word, i, quote);
  if (in_quotes) out += quote;
  return out;
}

std::string write_nginx(const std::vector<Directive>& tree) {
  std::string out;
  write_body(out, tree, 0);
  return out;
}

}  // namespace drishti::conf
