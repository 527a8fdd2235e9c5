#include "conf/nginx_lexer.hpp"

#include <utility>

namespace drishti::conf {
namespace {

// Every byte of a word may be written with a backslash; one more for the closing quote.
constexpr std::size_t max_raw_bytes = 2 * max_word_bytes + 1;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string quoted(char c) { return std::string("\"") + c + '"'; }

std::string too_long(std::string_view raw) {
  return "too long parameter \"" + std::string(raw.substr(0, 10)) + "...\" started";
}

/// The character that a backslash and `c` stand for, or 0 when the backslash is an ordinary character.
char escaped_meaning(char c) {
  switch (c) {
    case '"': case '\'': case '\\': return c;
    case 't': return '\t';
    case 'r': return '\r';
    case 'n': return '\n';
    default: return 0;
  }
}

std::string unescape(std::string_view raw) {
  std::string word;
  word.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const char meaning = raw[i] == '\\' && i + 1 < raw.size() ? escaped_meaning(raw[i + 1]) : '\0';
    word += meaning != 0 ? meaning : raw[i];
    if (meaning != 0) ++i;
  }
  return word;
}

}  // namespace

void check_word(std::string_view word, const Where& where) {
  if (word.size() > max_word_bytes) throw ConfigError(too_long(word), where);
  if (word.find('\0') != std::string_view::npos) throw ConfigError("NUL byte in a parameter", where);
}

NginxLexer::NginxLexer(std::string_view text, Where start, Kind kind)
    : text_(text), start_(std::move(start)), kind_(kind), line_(kind == Kind::words ? start_.line : 1) {}

Where NginxLexer::where() const {
  Where at = start_;
  at.line = kind_ == Kind::file ? line_ : start_.line;
  return at;
}

void NginxLexer::fail(const std::string& reason) const { throw ConfigError(reason, where()); }

char NginxLexer::take() {
  const char c = text_[pos_++];
  if (c == '\n') ++line_;
  return c;
}

void NginxLexer::take_with_escape() {
  if (take() == '\\' && !at_end()) take();
}

void NginxLexer::finish(StatementEnd end) {
  statement_.end = end;
  statement_.line = where().line;
  finished_ = true;
}

void NginxLexer::finish_at_end_of_text(bool inside_word) {
  if (kind_ != Kind::words && (inside_word || !statement_.words.empty())) {
    fail(kind_ == Kind::file ? "unexpected end of file, expecting \";\" or \"}\""
                             : "unexpected end of parameter, expecting \";\"");
  }
  finish(StatementEnd::end_of_text);
}

void NginxLexer::skip_blanks_and_comments() {
  while (!at_end()) {
    if (is_blank(text_[pos_])) {
      take();
    } else if (text_[pos_] == '#' && kind_ != Kind::words) {
      while (!at_end() && text_[pos_] != '\n') take();
    } else {
      return;
    }
  }
}

Statement NginxLexer::next() {
  statement_ = {};
  finished_ = false;
  while (!finished_) {
    skip_blanks_and_comments();
    if (at_end()) {
      finish_at_end_of_text(false);
    } else {
      read_word();
    }
  }
  return std::exchange(statement_, {});
}

void NginxLexer::read_word() {
  const char c = text_[pos_];
  const bool no_words = statement_.words.empty();
  if (c == ';' || c == '{') {
    if (no_words || kind_ == Kind::words) fail("unexpected " + quoted(c));
    take();
    finish(c == ';' ? StatementEnd::semicolon : StatementEnd::block_start);
  } else if (c == '}') {
    if (!no_words || kind_ == Kind::words) fail("unexpected \"}\"");
    take();
    finish(StatementEnd::block_end);
  } else if (c == '#') {
    fail("unexpected \"#\"");  // only in a YAML scalar, where dropping the rest in silence would surprise
  } else if (c == '"' || c == '\'') {
    read_quoted(take());
  } else {
    read_bare();
  }
}

void NginxLexer::check_length(std::size_t start, int start_line, char quote) const {
  if (pos_ - start < max_raw_bytes) return;
  Where at = where();
  if (kind_ == Kind::file) at.line = start_line;
  const std::string reason =
      quote != 0 ? "too long parameter, probably missing terminating " + quoted(quote) + " character"
                 : too_long(text_.substr(start));
  throw ConfigError(reason, at);
}

void NginxLexer::read_quoted(char quote) {
  const std::size_t start = pos_;
  const int start_line = line_;
  while (!at_end() && text_[pos_] != quote) {
    check_length(start, start_line, quote);
    take_with_escape();
  }
  if (at_end()) {
    if (kind_ == Kind::words) fail("missing terminating " + quoted(quote) + " character");
    return finish_at_end_of_text(true);
  }
  add_word(text_.substr(start, pos_ - start), start_line);
  take();
  require_separator();
}

void NginxLexer::require_separator() {
  if (at_end()) return;
  const char c = text_[pos_];
  if (is_blank(c) || c == ';' || c == '{' || c == ')') return;
  take();
  fail("unexpected " + quoted(c));
}

void NginxLexer::read_bare() {
  const std::size_t start = pos_;
  const int start_line = line_;
  bool after_dollar = false;
  while (!at_end()) {
    check_length(start, start_line, 0);
    const char c = text_[pos_];
    if (is_blank(c) || c == ';' || (c == '{' && !after_dollar)) break;
    after_dollar = c == '$' || (c == '{' && after_dollar);
    take_with_escape();
  }
  if (at_end() && kind_ != Kind::words) {
    return finish_at_end_of_text(true);
  }
  add_word(text_.substr(start, pos_ - start), start_line);
}

void NginxLexer::add_word(std::string_view raw, int start_line) {
  Where at = where();
  if (kind_ == Kind::file) at.line = start_line;
  std::string word = unescape(raw);
  check_word(word, at);
  statement_.words.push_back(std::move(word));
}

std::vector<std::string> split_words(std::string_view text, const Where& where) {
  return NginxLexer(text, where, NginxLexer::Kind::words).next().words;
}

}  // namespace drishti::conf
