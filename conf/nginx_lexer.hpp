#pragma once
// Words and statements of the nginx.conf grammar, with the rules of nginx 1.22:
//  - a quote is special only at the start of a word; after the closing quote comes a blank, `;`, `{` or `)`;
//  - `\"`, `\'` and `\\` lose their backslash, `\t` `\r` `\n` become control characters, any other backslash is kept;
//    a backslash also takes the meaning from the character after it;
//  - `{` straight after `$` belongs to the word, as in `${name}`; `#` starts a comment only where a word could start.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conf/directive.hpp"

namespace drishti::conf {

/// Longest value of one word in bytes, in both syntaxes. nginx's buffer allows about as much.
inline constexpr std::size_t max_word_bytes = 4095;

/// What ended a statement.
enum class StatementEnd { semicolon, block_start, block_end, end_of_text };

/// `words... ;`, `words... {`, `}`, or the end of the text.
struct Statement {
  std::vector<std::string> words;
  StatementEnd end = StatementEnd::end_of_text;
  int line = 0;  ///< of the character that ended it, as nginx reports it
};

/// Cuts one text into statements. Borrows the text. Throws ConfigError in nginx's wording.
class NginxLexer {
 public:
  /// What the text is: `file` and `parameter` (-g) differ in messages only; in `words` the text is the arguments of one
  /// directive, ended by the end of the text (YAML scalars).
  enum class Kind { file, parameter, words };

  NginxLexer(std::string_view text, Where start, Kind kind);

  /// The next statement.
  Statement next();

  /// The position of what was read last.
  Where where() const;
  [[noreturn]] void fail(const std::string& reason) const;

 private:
  bool at_end() const { return pos_ == text_.size(); }
  char take();
  void skip_blanks_and_comments();
  void read_word();
  void read_quoted(char quote);
  void read_bare();
  void take_with_escape();
  void require_separator();
  void check_length(std::size_t start, int start_line, char quote) const;
  void add_word(std::string_view raw, int start_line);
  void finish(StatementEnd end);
  void finish_at_end_of_text(bool inside_word);

  std::string_view text_;
  Where start_;
  Kind kind_;
  std::size_t pos_ = 0;
  int line_;
  Statement statement_;
  bool finished_ = false;
};

/// Splits the text of a YAML scalar into words by the rules above. Throws ConfigError at `where`.
std::vector<std::string> split_words(std::string_view text, const Where& where);

/// One word as it is written in nginx.conf: bare when possible, else in quotes. Reading gives the word again.
std::string quote_word(std::string_view word);

/// Throws `too long parameter` when the word is longer than max_word_bytes, and refuses NUL bytes.
void check_word(std::string_view word, const Where& where);

}  // namespace drishti::conf
