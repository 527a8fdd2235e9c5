#pragma once
// The names that may follow `$`: nginx's built-ins, their families (`http_*` ...) and what the configuration defines.
// Lives while one configuration is analysed.

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "conf/config.hpp"

namespace drishti::conf {

/// The built-in variable NAME (without `$`), or nullopt.
std::optional<VariableRef> find_builtin_variable(std::string_view name);

/// True for variables of nginx modules that drishti does not have, so that a message can say so.
bool is_variable_of_missing_module(std::string_view name);

class VariableTable {
 public:
  /// Says that the configuration will define NAME somewhere, so that it wins over a family (`set $http_x ...`).
  void announce(std::string_view name);

  /// The variable that `$NAME` stands for. A name that nobody knows yet becomes a slot to be defined later in the
  /// file; check_all_defined() finds those that never were.
  VariableRef resolve(std::string_view name, const Where& where);

  /// The slot of a variable that the configuration writes. Throws ConfigError for built-ins that cannot be written.
  VariableRef define(std::string_view name, const Where& where);
  void define_map(std::string_view name, std::shared_ptr<const Map> map, const Where& where);

  /// Throws ConfigError `unknown "x" variable` for the first use of a variable that is defined nowhere.
  void check_all_defined() const;

  std::vector<UserVariable> take();

 private:
  struct Slot {
    UserVariable variable;
    bool is_defined = false;
    Where first_use;
  };
  std::uint16_t slot_of(std::string_view name, const Where& where);

  std::vector<Slot> slots_;
  std::unordered_map<std::string, std::uint16_t> by_name_;
};

/// Compiles TEXT with nginx's variable syntax: `$name`, `${name}`, `$1` to `$9`.
/// Throws ConfigError `invalid variable name` or `the closing bracket in "x" variable is missing`.
Template compile_template(std::string_view text, VariableTable& variables, const Where& where);

/// True when TEXT has a `$` in it, which is how nginx tells a value with variables from a plain one.
bool has_variables(std::string_view text);

/// Compiles a regular expression and defines its named groups. Throws ConfigError in PCRE2's words.
BoundRegex compile_regex(const std::string& pattern, bool case_insensitive, VariableTable& variables,
                         const Where& where);

}  // namespace drishti::conf
