#pragma once
// The syntax-free form of a configuration: nginx.conf and YAML are both read into this tree, and one analyser
// (conf/analyser) turns it into the typed Config. Names and arguments are already unquoted and unescaped.

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace drishti::conf {

/// A position in a configuration file. `line` counts from 1; 0 means "the file as a whole".
struct Where {
  std::shared_ptr<const std::string> file;
  int line = 0;
  std::string path;  ///< YAML only: the path of keys to the node, `http.servers[1].listen`; empty for nginx.conf.

  /// `FILE:LINE` as nginx prints it, or `FILE:LINE: PATH` for YAML.
  std::string text() const;
};

/// One directive: `name args... ;` or `name args... { children }`.
struct Directive {
  std::string name;
  std::vector<std::string> args;
  std::vector<Directive> children;
  bool is_block = false;
  Where where;
  int end_line = 0;  ///< of the closing brace of a block in nginx.conf; 0 = not known
};

/// A mistake in a configuration; `what()` is the reason in nginx's wording without the position,
/// for example `unknown directive "x"`. Thrown at start, -t and reload only.
class ConfigError : public std::runtime_error {
 public:
  ConfigError(const std::string& reason, Where where) : std::runtime_error(reason), where_(std::move(where)) {}
  const Where& where() const { return where_; }
  /// `REASON in FILE:LINE`
  std::string text() const;

 private:
  Where where_;
};

/// Something the user should read but that does not stop a start, in one line.
struct Notice {
  enum class Level { notice, warn };
  Level level = Level::notice;
  std::string text;
  Where where;
};

/// A configuration file as it was read, for `-T` and for watching.
struct SourceFile {
  std::string path;
  std::string content;
};

/// The result of reading a main file and all that it includes.
struct DirectiveTree {
  std::vector<Directive> directives;
  std::vector<SourceFile> files;
  std::vector<Notice> notices;
};

}  // namespace drishti::conf
