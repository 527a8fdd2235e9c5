#include "conf/condition.hpp"

#include <algorithm>
#include <optional>

#include "conf/setters.hpp"

namespace drishti::conf {
namespace {

using Op = Condition::Op;

[[noreturn]] void invalid(const std::string& word, const Directive& d) { fail("invalid condition " + quoted(word), d); }

// The words between the parentheses, which may touch the first and the last word or stand alone.
std::vector<std::string> words_of(const Directive& d) {
  std::vector<std::string> words = d.args;
  if (!words.front().starts_with('(')) invalid(words.front(), d);
  words.front().erase(0, 1);
  if (!words.back().ends_with(')')) invalid(words.back(), d);
  words.back().pop_back();
  if (words.size() > 1 && words.back().empty()) words.pop_back();
  if (words.size() > 1 && words.front().empty()) words.erase(words.begin());
  return words;
}

// nginx takes the whole word after `$` as a name; anything else in it is a mistake.
Template variable(Analysis& a, const Directive& d, const std::string& word) {
  Template compiled = a.compile(word, d.where);
  if (compiled.parts.size() != 1) invalid(word, d);
  return compiled;
}

std::optional<Op> file_test(std::string_view word) {
  const bool negated = word.starts_with('!');
  if (negated) word.remove_prefix(1);
  if (word == "-f") return negated ? Op::not_file : Op::file;
  if (word == "-d") return negated ? Op::not_dir : Op::dir;
  if (word == "-e") return negated ? Op::not_exists : Op::exists;
  if (word == "-x") return negated ? Op::not_executable : Op::executable;
  return std::nullopt;
}

Condition read_comparison(Analysis& a, const Directive& d, const std::vector<std::string>& words) {
  Condition condition;
  condition.left = variable(a, d, words[0]);
  const std::string& op = words[1];
  if (op == "=" || op == "!=") {
    condition.op = op == "=" ? Op::equal : Op::not_equal;
    condition.right = a.compile(words[2], d.where);
  } else if (op == "~" || op == "~*" || op == "!~" || op == "!~*") {
    condition.op = op[0] == '!' ? Op::not_match : Op::match;
    condition.case_insensitive = op.ends_with('*');
    condition.regex = compile_regex(words[2], condition.case_insensitive, a.variables, d.where);
  } else {
    fail("unexpected " + quoted(op) + " in condition", d);
  }
  return condition;
}

}  // namespace

Condition read_condition(Analysis& a, const Directive& d) {
  const auto words = words_of(d);
  if (words[0].size() > 1 && words[0][0] == '$') {
    if (words.size() == 3) return read_comparison(a, d, words);
    if (words.size() != 1) invalid(words[0], d);
    Condition condition;
    condition.left = variable(a, d, words[0]);
    return condition;
  }
  const auto test = file_test(words[0]);
  if (!test || words.size() != 2) invalid(words[0], d);
  Condition condition;
  condition.op = *test;
  condition.left = a.compile(words[1], d.where);
  return condition;
}

}  // namespace drishti::conf
