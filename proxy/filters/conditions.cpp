#include "filters/conditions.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "context/scratch.hpp"
#include "context/variables.hpp"

namespace drishti::filters {
namespace {

using context::RequestContext;
using Op = conf::Condition::Op;

Verdict verdict(bool value) { return value ? Verdict::yes : Verdict::no; }

Verdict test_regex(const conf::Condition& condition, RequestContext& context) {
  const std::string_view subject = context::evaluate(condition.left, context);
  conf::Regex::Captures captures;
  const auto outcome = condition.regex.regex.match(subject, captures);
  if (outcome == conf::Regex::Outcome::limit) return Verdict::failed;
  const bool matched = outcome == conf::Regex::Outcome::match;
  if (matched) {
    context::remember_captures(condition.regex, subject, captures, context);
  } else {
    context.captures.count = 0;
  }
  return verdict(matched == (condition.op == Op::match));
}

bool test_path(Op op, const char* path) {
  struct stat info {};
  if (::stat(path, &info) != 0) return false;
  switch (op) {
    case Op::file: case Op::not_file: return S_ISREG(info.st_mode);
    case Op::dir: case Op::not_dir: return S_ISDIR(info.st_mode);
    case Op::executable: case Op::not_executable: return (info.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
    default: return true;
  }
}

bool is_negated(Op op) {
  return op == Op::not_file || op == Op::not_dir || op == Op::not_exists || op == Op::not_executable;
}

Verdict test_file(const conf::Condition& condition, RequestContext& context) {
  context::Scratch path(context);
  context::append(condition.left, context, path.text);
  return verdict(test_path(condition.op, path.text.c_str()) != is_negated(condition.op));
}

}  // namespace

Verdict holds(const conf::Condition& condition, RequestContext& context) {
  switch (condition.op) {
    case Op::is_true: {
      const std::string_view value = context::evaluate(condition.left, context);
      return verdict(!value.empty() && value != "0");
    }
    case Op::equal: case Op::not_equal: {
      const bool equal =
          context::evaluate(condition.left, context) == context::evaluate(condition.right, context);
      return verdict(equal == (condition.op == Op::equal));
    }
    case Op::match: case Op::not_match: return test_regex(condition, context);
    default: return test_file(condition, context);
  }
}

}  // namespace drishti::filters
