#include "conf/template.hpp"

#include "conf/variable_table.hpp"

namespace drishti::conf {
namespace {

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

class TemplateCompiler {
 public:
  TemplateCompiler(std::string_view text, VariableTable& variables, const Where& where)
      : text_(text), variables_(variables), where_(where) {}

  Template compile() {
    Template result;
    result.source = text_;
    while (position_ < text_.size()) result.parts.push_back(text_[position_] == '$' ? variable() : literal());
    return result;
  }

 private:
  Template::Part literal() {
    const auto end = std::min(text_.find('$', position_), text_.size());
    Template::Part part{std::string(text_.substr(position_, end - position_)), false, {}};
    position_ = end;
    return part;
  }

  Template::Part variable() {
    if (++position_ == text_.size()) throw ConfigError("invalid variable name", where_);
    if (const char c = text_[position_]; c >= '1' && c <= '9') {
      ++position_;
      return {{}, true, {Var::capture, static_cast<std::uint16_t>(c - '0'), std::string(1, c)}};
    }
    const bool bracket = text_[position_] == '{';
    if (bracket && ++position_ == text_.size()) throw ConfigError("invalid variable name", where_);
    const std::string_view name = take_name();
    if (bracket) take_closing_bracket(name);
    if (name.empty()) throw ConfigError("invalid variable name", where_);
    return {{}, true, variables_.resolve(name, where_)};
  }

  std::string_view take_name() {
    const auto begin = position_;
    while (position_ < text_.size() && is_name_char(text_[position_])) ++position_;
    return text_.substr(begin, position_ - begin);
  }

  void take_closing_bracket(std::string_view name) {
    if (position_ == text_.size() || text_[position_] != '}')
      throw ConfigError("the closing bracket in \"" + std::string(name) + "\" variable is missing", where_);
    ++position_;
  }

  std::string_view text_;
  VariableTable& variables_;
  const Where& where_;
  std::size_t position_ = 0;
};

}  // namespace

Template compile_template(std::string_view text, VariableTable& variables, const Where& where) {
  return TemplateCompiler(text, variables, where).compile();
}

bool has_variables(std::string_view text) { return text.find('$') != std::string_view::npos; }

BoundRegex compile_regex(const std::string& pattern, bool case_insensitive, VariableTable& variables,
                         const Where& where) {
  BoundRegex bound;
  try {
    bound.regex = Regex(pattern, case_insensitive);
  } catch (const std::invalid_argument& error) {
    throw ConfigError(error.what(), where);
  }
  for (const auto& [name, group] : bound.regex.names()) {
    const VariableRef variable = variables.define(name, where);
    if (variable.id != Var::user) throw ConfigError("the duplicate \"" + name + "\" variable", where);
    bound.names.push_back({group, variable.slot});
  }
  return bound;
}

}  // namespace drishti::conf
