#pragma once
// What both syntaxes share while a main file is read: opening files, `include`, and the limits that keep a hostile or
// mistaken configuration (include loops, alias bombs) from using up memory or the stack.

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "conf/directive.hpp"

namespace drishti::conf {

/// Bounds of one configuration with all that it includes.
struct ReadLimits {
  std::size_t text_bytes = std::size_t{10} << 20;  ///< a file included twice counts twice
  std::size_t directives = 500'000;
  int block_depth = 64;
  int include_depth = 16;
};

/// True for names ending in .yaml or .yml.
bool is_yaml_name(std::string_view path);

/// Reads one main file and all that it includes. Used once, by one thread. Everything throws ConfigError.
class SourceReader {
 public:
  enum class Syntax { nginx, yaml };

  /// `include` is resolved against `base_dir`; without one it is refused.
  explicit SourceReader(std::string base_dir, ReadLimits limits = {});

  /// Reads the main file in the given syntax and gives the finished tree.
  DirectiveTree read_file(const std::string& path, Syntax syntax);
  /// The same for text that is in no file.
  DirectiveTree read_text(std::string_view text, const std::string& name, Syntax syntax);

  /// Adds `directive` to `out`, or when it is an `include` what that names. Called by the parsers for each directive
  /// without a block. `depth` is the number of blocks around it.
  void add(Directive directive, std::vector<Directive>& out, int depth, Syntax syntax);
  /// Called when a block opens: counts it, and refuses `include {` and too many levels.
  void check_block(const Directive& directive, int depth);
  /// Adds to the total of text, for what an alias repeats.
  void charge_text(std::size_t bytes, const Where& where);

 private:
  void count_directive(const Where& where);
  void include(const Directive& directive, std::vector<Directive>& out, int depth, Syntax syntax);
  void include_one(const std::string& path, const Where& where, std::vector<Directive>& out, int depth, Syntax syntax);
  std::string resolve(const std::string& path) const;
  const SourceFile& load(const std::string& path, const Where& where);
  void parse(std::string_view text, const std::string& name, Syntax syntax, std::vector<Directive>& out, int depth);
  DirectiveTree finish(std::vector<Directive> directives);

  std::string base_dir_;
  ReadLimits limits_;
  std::deque<SourceFile> files_;  ///< a deque, because parsers borrow the contents while more files are added
  std::vector<std::string> open_; ///< the files being parsed, the main file first
  std::size_t text_bytes_ = 0;
  std::size_t directives_ = 0;
};

}  // namespace drishti::conf
